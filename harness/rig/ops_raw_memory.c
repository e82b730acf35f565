/* SPDX-License-Identifier: MIT
 *
 * ops_raw_memory.c: the raw driver's own loads and stores, and memory that it
 * shares instead of allocating it.
 */
#include <string.h>

#include "ops.h"
#include "raw.h"

#define TOUCHED 0x5a /* no other hand writes it */

static struct rig_raw_memory *area_of(struct rig *rig, const json_t *step)
{
    static const char *const names[] = {
#define AREA_NAME(name, text, bytes) text,
        RIG_RAW_AREAS(AREA_NAME)
#undef AREA_NAME
    };
    const char *at = rig_param_text(step, "at");

    for (unsigned k = 0; k < RIG_RAW_AREA_COUNT; k++)
        if (strcmp(at ? at : "data", names[k]) == 0)
            return rig_raw_area(rig->raw, (enum rig_raw_area)k);
    return NULL;
}

static json_t *no_memory(void)
{
    return rig_result_reason(RIG_OUTCOME_BENCH, "arena is full");
}

/* Atomic: a liar may do it while the device reads or writes there. */
static void touch(uint8_t *at, unsigned bytes, bool write)
{
    for (unsigned k = 0; k < bytes; k++)
        if (write)
            atomic_store_explicit((_Atomic uint8_t *)(at + k), TOUCHED,
                                  memory_order_relaxed);
        else
            (void)atomic_load_explicit((_Atomic uint8_t *)(at + k),
                                       memory_order_relaxed);
}

/* Unless it does so in silence, it tells of it as an instrumented driver. */
json_t *rig_op_raw_touch(struct rig *rig, const json_t *step)
{
    struct fake_ledger *ledger = rig->machine->ledger;
    struct rig_raw_memory *m = area_of(rig, step);
    uint64_t offset = rig_param(step, "offset", 0);
    uint64_t bytes = rig_param(step, "bytes", 1);
    bool write = rig_param_true(step, "write");

    if (!m)
        return no_memory();
    if (offset > m->bytes || bytes > m->bytes - offset)
        return rig_result_reason(RIG_OUTCOME_BENCH,
                                 "raw.touch is past the end of its memory");
    if (ledger && !rig_param_true(step, "silent"))
        fake_ledger_access(ledger, m->cpu + offset, bytes, write);
    touch(m->cpu + offset, (unsigned)bytes, write);
    return rig_result(RIG_OUTCOME_OK);
}

/* Memory of its own that was in no place before, lent in one direction as by a
 * driver that has buffers of its callers. */
json_t *rig_op_raw_share(struct rig *rig, const json_t *step)
{
    const char *dir = rig_param_text(step, "dir");
    bool in = dir && strcmp(dir, "from_device") == 0;
    struct rig_raw_memory *m = &rig->raw->area[RIG_RAW_DATA];
    uint32_t bytes = (uint32_t)rig_param(step, "bytes", 512);
    void *cpu = rig_take(rig, bytes);

    if (!cpu)
        return no_memory();
    m->cpu = cpu;
    m->bytes = bytes;
    m->dma = rig->port.share(rig->port.ctx, cpu, bytes,
                             in ? RIG_FROM_DEVICE : RIG_TO_DEVICE);
    return m->dma == RIG_DMA_BAD ? no_memory() : rig_result(RIG_OUTCOME_OK);
}
