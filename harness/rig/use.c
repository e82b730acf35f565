/* SPDX-License-Identifier: MIT
 *
 * use.c: see use.h.
 */
#include "use.h"

#include <string.h>

struct rig_use rig_use_of(const struct fake_machine *machine)
{
    const struct fake_arena *arena = &machine->arena;
    const struct fake_regs *regs = &machine->regs;
    struct rig_use use = {
        .bytes = arena->used_bytes,
        .windows = arena->fresh - arena->closed_count,
        .features = regs->accepted,
    };

    for (unsigned q = 0; q < FAKE_QUEUES_MAX; q++)
        use.entries[q] = regs->queue[q].ready ? regs->queue[q].num : 0;
    return use;
}

bool rig_use_alike(const struct rig_use *a, const struct rig_use *b)
{
    return a->features == b->features &&
           memcmp(a->entries, b->entries, sizeof(a->entries)) == 0;
}
