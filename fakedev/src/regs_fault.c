/* SPDX-License-Identifier: MIT
 *
 * regs_fault.c: the faults of transport that hit any access, and those of the
 * config space. What is about one register stands with that register.
 */
#include "regs_fault.h"

#include "ringtrue/wire.h"

/* ---- the device comes and goes ---- */

static void pull_out(struct fake_regs *regs, uint64_t accesses)
{
    regs->gone = true;
    regs->gone_left = accesses;
    fake_emit(regs->log, FAKE_EV_PRESENT, FAKE_NO_QUEUE, 0, 0, 0, 0);
    /* Nothing of what it knew outlives it: no ring is looked at again, and the
     * line falls. */
    fake_regs_power_up(regs);
}

static void plug_in(struct fake_regs *regs)
{
    regs->gone = false;
    fake_emit(regs->log, FAKE_EV_PRESENT, FAKE_NO_QUEUE, 1, 0, 0, 0);
}

static bool is_back(struct fake_regs *regs)
{
    if (!fake_fault_planned(regs->faults, FAKE_FAULT_SURPRISE_REMOVAL))
        return true; /* taken away */
    return regs->gone_left && --regs->gone_left == 0;
}

bool fake_regs_answers(struct fake_regs *regs)
{
    struct fake_control c = {.kind = FAKE_CONTROL_NEEDS_RESET};
    uint64_t arg;

    if (regs->gone && !is_back(regs))
        return false;
    if (regs->gone) {
        plug_in(regs);
        return true;
    }
    if (fake_regs_fault(regs, FAKE_FAULT_SURPRISE_REMOVAL, FAKE_NO_QUEUE,
                        &arg)) {
        pull_out(regs, arg);
        return false;
    }
    if (fake_regs_fault(regs, FAKE_FAULT_NEEDS_RESET_NOW, FAKE_NO_QUEUE, &arg))
        regs->control(regs->ctx, &c);
    return true;
}

uint32_t fake_regs_nobody(uint32_t width)
{
    return width < 4 ? (UINT32_C(1) << 8 * width) - 1 : UINT32_MAX;
}

/* ---- configuration space ---- */

/* A change is half done: the upper half of what is read is of another value.
 * The next read finds all as it was. */
static uint32_t tear(uint32_t width, uint32_t value)
{
    uint32_t all = fake_regs_nobody(width);

    return value ^ (all & all << 4 * width);
}

/* The one behind the fields that were in vain, and those around the next. */
#define CALM_READS 3u

bool fake_regs_config_changes(struct fake_regs *regs, enum fake_fault fault,
                              uint64_t *arg)
{
    if (regs->calm || !fake_regs_fault(regs, fault, FAKE_NO_QUEUE, arg))
        return false;
    regs->calm = CALM_READS;
    return true;
}

/* Bytes from `end` on are not there. */
static uint32_t cut_off(uint32_t at, uint32_t width, uint32_t value,
                        uint64_t end, uint32_t fill)
{
    uint64_t known = end > at ? end - at : 0;
    uint32_t kept =
        known >= width ? UINT32_MAX : fake_regs_nobody((uint32_t)known);

    return (value & kept) | (fill & ~kept & fake_regs_nobody(width));
}

uint32_t fake_regs_spoil_config(struct fake_regs *regs, uint32_t at,
                                uint32_t width, uint32_t value, bool *moves)
{
    uint64_t arg;

    if (fake_regs_fault(regs, FAKE_FAULT_CONFIG_SHORT, FAKE_NO_QUEUE, &arg))
        value = cut_off(at, width, value, arg, 0);
    if (fake_regs_fault(regs, FAKE_FAULT_CONFIG_SHORT_ONES, FAKE_NO_QUEUE,
                        &arg))
        value = cut_off(at, width, value, arg, UINT32_MAX);
    *moves = fake_regs_config_changes(regs, FAKE_FAULT_CONFIG_TORN, &arg);
    return *moves ? tear(width, value) : value;
}

void fake_regs_spoil_generation(struct fake_regs *regs)
{
    uint64_t arg;

    if (regs->calm)
        regs->calm--;
    if (!fake_regs_fault(regs, FAKE_FAULT_CONFIG_UNSTABLE, FAKE_NO_QUEUE, &arg))
        return;
    regs->generation++;
    fake_emit(regs->log, FAKE_EV_CONFIG, FAKE_NO_QUEUE, regs->generation, 0, 0,
              0);
}
