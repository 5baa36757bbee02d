// Verifies the header field Weir-Client. Needs Go 1.18 and nothing else.
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Verify returns what the field says, or why it is not to be believed.
//
// value is the field's value; a request with no such field, or with two, is not verified. keys holds
// each key by its id, requestID is the value of X-Request-ID of the same request, now and tolerance
// are in seconds.
func Verify(value string, keys map[string][]byte, requestID string, now, tolerance int64) (map[string]string, error) {
	end := strings.LastIndex(value, ";sig=")
	if end < 0 {
		return nil, errors.New("no signature")
	}
	signed, signature := value[:end], value[end+len(";sig="):]
	said := map[string]string{}
	for _, pair := range strings.Split(signed, ";") {
		is := strings.Index(pair, "=")
		if is < 1 {
			return nil, errors.New("not a pair: " + pair)
		}
		if _, twice := said[pair[:is]]; twice {
			return nil, errors.New("twice: " + pair)
		}
		said[pair[:is]] = pair[is+1:]
	}
	key, known := keys[said["kid"]]
	if said["v"] != "1" || !known {
		return nil, errors.New("unknown version or key")
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(signed))
	expected := base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	if !hmac.Equal([]byte(expected), []byte(signature)) {
		return nil, errors.New("wrong signature")
	}
	if said["id"] != requestID {
		return nil, errors.New("signed for another request")
	}
	then, err := strconv.ParseInt(said["t"], 10, 64)
	if err != nil || now-then > tolerance || then-now > tolerance {
		return nil, errors.New("too old, or from the future")
	}
	return said, nil
}

// Arguments: key file, key id, request id, value, and the time if it is not now.
func main() {
	key, err := os.ReadFile(os.Args[1])
	now := time.Now().Unix()
	if err == nil && len(os.Args) > 5 {
		now, err = strconv.ParseInt(os.Args[5], 10, 64)
	}
	var said map[string]string
	if err == nil {
		keys := map[string][]byte{os.Args[2]: bytes.TrimSpace(key)}
		said, err = Verify(os.Args[4], keys, os.Args[3], now, 60)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
	fmt.Println(said["addr"], said["port"], said["via"], said["listener"])
}
