package io.weir.waf.engine;

import io.weir.waf.transform.Octets;
import java.util.Arrays;

/** A list of names and values, as slices of arrays that outlive it. Confined to one thread. */
final class Entries {
  private static final byte[] EMPTY = {};

  byte[][] nameArray = new byte[4][];
  int[] nameFrom = new int[4];
  int[] nameTo = new int[4];

  /** The name as it is looked at: of a JSON array's elements all have the same one. */
  byte[][] shapeArray = new byte[4][];

  int[] shapeFrom = new int[4];
  int[] shapeTo = new int[4];
  byte[][] valueArray = new byte[4][];
  int[] valueFrom = new int[4];
  int[] valueTo = new int[4];
  int count;

  void clear() {
    count = 0;
  }

  void add(byte[] name, int from, int to, byte[] value, int begin, int end) {
    add(name, from, to, name, from, to, value, begin, end);
  }

  void add(
      byte[] name,
      int from,
      int to,
      byte[] shape,
      int shapeBegin,
      int shapeEnd,
      byte[] value,
      int begin,
      int end) {
    if (count == nameArray.length) {
      int size = count * 2;
      nameArray = Arrays.copyOf(nameArray, size);
      nameFrom = Arrays.copyOf(nameFrom, size);
      nameTo = Arrays.copyOf(nameTo, size);
      shapeArray = Arrays.copyOf(shapeArray, size);
      shapeFrom = Arrays.copyOf(shapeFrom, size);
      shapeTo = Arrays.copyOf(shapeTo, size);
      valueArray = Arrays.copyOf(valueArray, size);
      valueFrom = Arrays.copyOf(valueFrom, size);
      valueTo = Arrays.copyOf(valueTo, size);
    }
    nameArray[count] = name;
    nameFrom[count] = from;
    nameTo[count] = to;
    shapeArray[count] = shape;
    shapeFrom[count] = shapeBegin;
    shapeTo[count] = shapeEnd;
    valueArray[count] = value;
    valueFrom[count] = begin;
    valueTo[count++] = end;
  }

  private Octets digits = new Octets(0);

  /** Makes this a list of one number, whose octets change with the next call. */
  void setNumber(int number) {
    if (digits.data.length == 0) {
      digits = new Octets(12);
    }
    digits.clear();
    Store.writeNumber(number, digits);
    set(digits.data, 0, digits.length);
  }

  /** Makes this a list of one value without a name. */
  void set(byte[] value, int begin, int end) {
    count = 0;
    add(EMPTY, 0, 0, value, begin, end);
  }
}
