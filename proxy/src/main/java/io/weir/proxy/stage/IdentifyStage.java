package io.weir.proxy.stage;

import io.weir.net.ForwardedChain;
import io.weir.proxy.Exchange;
import io.weir.proxy.ForwardedMode;
import io.weir.proxy.ListenerSettings;
import io.weir.proxy.http.FieldName;
import io.weir.proxy.http.Head;
import io.weir.proxy.identity.Trust;
import io.weir.proxy.identity.Trust.ForwardedTrust;

/**
 * IDENTIFY: who is asking. The peer, unless it is a trusted proxy that names someone else (IP-2).
 */
final class IdentifyStage implements RequestStage {
  @Override
  public Stage stage() {
    return Stage.IDENTIFY;
  }

  @Override
  public Verdict judge(Exchange x, long now) {
    ListenerSettings listener = x.listener();
    Trust trust = listener.trust();
    if (!trust.proxies().isEmpty() && trust.proxies().contains(x.connection().peer.address())) {
      x.peerTrusted = true;
      readChain(x, trust, listener.forwardedTrusted() == ForwardedMode.APPEND);
    }
    return Verdict.PASS;
  }

  private static void readChain(Exchange x, Trust trust, boolean append) {
    Head head = x.request;
    ForwardedChain chain = x.loop.forwarded;
    chain.begin(head.bytes);
    if (trust.fields() != ForwardedTrust.FORWARDED) {
      for (int i = head.find(FieldName.X_FORWARDED_FOR, 0);
          i >= 0;
          i = head.find(FieldName.X_FORWARDED_FOR, i + 1)) {
        chain.addXForwardedFor(head.valueStart(i), head.valueEnd(i) - head.valueStart(i));
      }
    }
    if (trust.fields() != ForwardedTrust.X_FORWARDED_FOR) {
      for (int i = head.find(FieldName.FORWARDED, 0);
          i >= 0;
          i = head.find(FieldName.FORWARDED, i + 1)) {
        chain.addForwarded(head.valueStart(i), head.valueEnd(i) - head.valueStart(i));
      }
    }
    x.setIdentity(chain.resolve(x.connection().peer, trust.proxies()));
    if (append) {
      x.keepBelieved(chain);
    }
  }
}
