/* SPDX-License-Identifier: MIT
 *
 * machine.h: one simulated machine: memory, one virtio-mmio device (front
 * and back), an event log with the judge behind it, and a scheduler.
 *
 * Threads: create, use and free on one thread, the driver's.
 */
#ifndef FAKEDEV_MACHINE_H
#define FAKEDEV_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fakedev/arena.h"
#include "fakedev/blk.h"
#include "fakedev/event.h"
#include "fakedev/fault.h"
#include "fakedev/judge.h"
#include "fakedev/ledger.h"
#include "fakedev/regs.h"
#include "fakedev/sched.h"
#include "fakedev/snd.h"
#include "fakedev/weak.h"

struct fake_machine_config {
    enum fake_sched_kind sched;
    uint64_t seed;
    uint64_t poll_ns; /* threads: how long a device looks on after work */
    enum fake_mem_mode memory;
    size_t arena_bytes;
    bool log;        /* false: no events, no judge */
    bool unjudged;   /* events, but no judge: it is then NULL */
    size_t log_room; /* events kept */
    bool ledger; /* with a log: keep one (ledger.h); guarded memory has it */
    uint32_t queue_size_max;
    struct fake_fault_plan faults;
    uint32_t device_id; /* VIRTIO_ID_BLOCK or _SOUND: which of these */
    struct fake_blk_config blk;
    struct fake_snd_config snd;
    struct fake_sink *sink[FAKE_SND_STREAMS_MAX]; /* borrowed, per stream */
    struct fake_source *source[FAKE_SND_STREAMS_MAX];
    uint32_t windows; /* open at a time; 0: enough for any queue */
};

struct fake_machine {
    struct fake_machine_config cfg;
    struct fake_log log;
    struct fake_judge *judge;
    struct fake_arena arena;
    struct fake_ledger *ledger; /* or NULL */
    struct fake_lines lines;
    struct fake_regs regs;
    struct fake_device *dev; /* of the one that is in use */
    struct fake_blk blk;
    struct fake_snd snd;
    struct fake_sched sched;
    struct fake_store *store; /* owned; NULL for sound */
    struct fake_cache *cache; /* in front of it, or NULL */
    struct fake_weak *weak;   /* after fake_machine_weaken(), or NULL */
};

/* Takes over the store (block only), also on failure. Returns NULL and one line
 * in err. */
struct fake_machine *fake_machine_new(const struct fake_machine_config *cfg,
                                      struct fake_store *store, char *err,
                                      size_t room);
/* Stops the device, closes the store. Safe with NULL. */
void fake_machine_free(struct fake_machine *m);

/* From here on the driver's accesses to memory go through m->weak: to be called
 * before any memory is handed out. Of the port, a register write comes after
 * all stores before it, a register access before all loads after it, and who
 * waits has nothing left to be ordered. Returns 0; -1: not in step mode, or no
 * memory. */
int fake_machine_weaken(struct fake_machine *m);

/* The driver's port. */
uint32_t fake_machine_read(struct fake_machine *m, uint32_t offset,
                           uint32_t width);
void fake_machine_write(struct fake_machine *m, uint32_t offset, uint32_t width,
                        uint32_t value);
/* 1: the interrupt line is asserted, 0: the deadline (absolute) passed. */
int fake_machine_wait(struct fake_machine *m, uint64_t deadline_ns);
uint64_t fake_machine_now(struct fake_machine *m);
bool fake_machine_irq(const struct fake_machine *m);

/* The driver has just unshared what the device knew by this address: it has
 * looked at the used entry behind it (USED_FLIPPED). */
void fake_machine_unshared(struct fake_machine *m, uint64_t dma);

/* Sound: plugs a jack in or out; the device tells the driver. No such jack:
 * nothing happens. */
void fake_machine_plug(struct fake_machine *m, uint32_t jack, bool connected);

/* Power of the disk goes and comes back: what is volatile survives or not, and
 * the device needs a reset. */
void fake_machine_power_cut(struct fake_machine *m,
                            enum fake_survival survival);

/* Its capacity changes. Returns 0, or -1: the store has fewer sectors. */
int fake_machine_resize(struct fake_machine *m, uint64_t sectors);

/* What a read of the disk would find now. Returns 0, or -1: not there. */
int fake_machine_peek(struct fake_machine *m, uint64_t offset, void *to,
                      size_t bytes);

/* Stops the device's thread, so that log, judge and store may be read. The
 * machine serves no further access. */
void fake_machine_stop(struct fake_machine *m);

#endif
