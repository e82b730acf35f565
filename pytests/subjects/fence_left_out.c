/* SPDX-License-Identifier: MIT
 *
 * The example without one of its three fences: -DLEFT_OUT=memory_order_...
 */
#include <stdatomic.h>

#undef atomic_thread_fence
#define atomic_thread_fence(order)                                             \
    ((order) == LEFT_OUT ? (void)0 : __atomic_thread_fence(order))

#include "subject.h"

SUBJECT(name, "example with a fence left out")
