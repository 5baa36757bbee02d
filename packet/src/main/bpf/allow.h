/* allow: listed as good. The first list that matches decides, so this word comes before block. */
#pragma once
#include "lists.h"
#include "reason.h"

INLINE enum reason allow(struct packet *p) {
  return p->classes & CLASS_ALLOWED ? PASS_ALLOWED : UNDECIDED;
}
