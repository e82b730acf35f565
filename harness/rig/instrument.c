/* SPDX-License-Identifier: MIT
 *
 * instrument.c: see instrument.h.
 */
#include "instrument.h"

#include <stdio.h>

#include "fakedev/ledger.h"

/* The calls of instrumented code say where, not on what machine; a thread that
 * the subject started itself is not ours to reorder. */
static _Thread_local struct fake_weak *cpu;

struct fake_weak *rig_instrument_cpu(void)
{
    return cpu;
}

bool rig_instrument_can(void)
{
#ifdef RINGTRUE_NO_INSTRUMENT
    return false;
#else
    return true;
#endif
}

static unsigned loaded;

unsigned rig_instrument_loaded(void)
{
    return loaded;
}

void rig_instrument_note_load(void)
{
    loaded++;
}

static int fail(char *err, size_t room, const char *why)
{
    snprintf(err, room, "%s", why);
    return -1;
}

/* What is seen of the driver's accesses, the ledger has to know. */
static void tell_ledger(void *ctx, const void *at, size_t bytes, bool write)
{
    fake_ledger_access(ctx, at, bytes, write);
}

int rig_instrument_attach(struct fake_machine *machine, char *err, size_t room)
{
    if (machine->cfg.sched != FAKE_SCHED_STEP)
        return fail(err, room, "only step mode can be instrumented");
    /* Pages that the driver may not touch, the bench could not either. */
    if (machine->cfg.memory == FAKE_MEM_GUARDED)
        return fail(err, room, "guarded memory cannot be instrumented");
    if (fake_machine_weaken(machine))
        return fail(err, room, "out of memory");
    cpu = machine->weak;
    if (machine->ledger)
        fake_weak_listen(cpu, tell_ledger, machine->ledger);
    return 0;
}

void rig_instrument_detach(struct fake_machine *machine)
{
    if (cpu && cpu == machine->weak)
        cpu = NULL;
}
