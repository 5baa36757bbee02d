/* block: listed as bad, unless listed as good. */
#pragma once
#include "lists.h"
#include "reason.h"

INLINE enum reason block(struct packet *p) {
  return p->classes & CLASS_BLOCKED ? LIST_BLOCKED : UNDECIDED;
}
