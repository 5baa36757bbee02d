/* block: listed as bad, by the operator or for a while by what the proxy saw, unless listed as good. */
#pragma once
#include "lists.h"
#include "reason.h"

INLINE enum reason block(struct packet *p) {
  return p->classes & CLASS_BLOCKED ? LIST_BLOCKED : p->classes & CLASS_BANNED ? LIST_BANNED : UNDECIDED;
}
