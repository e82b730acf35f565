/* SPDX-License-Identifier: MIT
 *
 * regs.h: the register file of a virtio-mmio device, version 2 (4.2.2): the
 * front half of a simulated device.
 *
 * Every access is an event. A wrong one (offset, width, direction, state) has
 * no effect and reads 0; whether it breaks a clause is the judge's business.
 *
 * Threads: the driver's only. What concerns the device's half is handed over
 * through `control` (answered before it returns) and `doorbell`.
 */
#ifndef FAKEDEV_REGS_H
#define FAKEDEV_REGS_H

#include <stdbool.h>
#include <stdint.h>

#include "fakedev/device.h"

#define FAKE_CONFIG_MAX 256u

struct fake_regs_queue {
    uint32_t num;
    uint32_t ready;
    uint64_t desc, driver, device;
    uint64_t reset_reads; /* reads of QueueReset that still show 1 */
    uint32_t max_shown;   /* QueueNumMax as it was read; 0: not by a fault */
    /* While ready: where the driver writes what is available, the available
     * ring or a packed descriptor ring. Which of them stays so, whatever
     * features the driver has accepted since. */
    const uint8_t *avail;
    bool avail_packed;
    uint64_t place; /* packed: slots seen to have been made available */
};

struct fake_regs {
    struct fake_arena *arena;
    struct fake_log *log;
    struct fake_fault_plan *faults;
    struct fake_lines *lines;
    void (*control)(void *ctx, const struct fake_control *c);
    void (*doorbell)(void *ctx, uint16_t queue);
    /* FEATURES_OK stays set: `accepted` counts from here on. May be NULL. */
    void (*settled)(void *ctx);
    void *ctx;

    uint32_t device_id;
    uint64_t offered;
    uint32_t queue_count;
    uint32_t queue_size_max;
    uint8_t config[FAKE_CONFIG_MAX];
    uint32_t config_bytes;
    uint32_t writable_offset; /* config bytes the driver may write */
    uint32_t writable_bytes;

    uint32_t status;
    uint32_t generation;
    uint32_t device_sel, driver_sel, queue_sel;
    uint64_t accepted;
    uint32_t stale_status; /* shown while a slow reset lasts */
    uint64_t stale_reads;  /* reads of Status that still show it */
    bool gone;             /* pulled out */
    uint64_t gone_left;    /* accesses until it is back; 0: with the fault */
    /* Reads of ConfigGeneration until the configuration changes again by a
     * fault: whoever begins to read it anew comes to an end. */
    unsigned calm;
    struct fake_regs_queue queue[FAKE_QUEUES_MAX];
};

uint32_t fake_regs_read(struct fake_regs *regs, uint32_t offset,
                        uint32_t width);
void fake_regs_write(struct fake_regs *regs, uint32_t offset, uint32_t width,
                     uint32_t value);

/* avail idx as the driver has it in memory now, for a queue that is ready;
 * packed: the number of slots made available (see event.h). 0 for others. */
uint64_t fake_regs_avail_idx(struct fake_regs *regs, uint32_t queue);

/* blk: the capacity changes while the device runs; a driver that is live is
 * interrupted. */
void fake_regs_resize(struct fake_regs *regs, uint64_t sectors);

/* blk: what the config field writeback holds from now on. */
void fake_regs_set_writeback(struct fake_regs *regs, uint8_t value);

/* As after power-up: queues, status and what was negotiated are forgotten, by
 * the device's half, too. */
void fake_regs_power_up(struct fake_regs *regs);

/* The configuration has changed: generation, event, and for a driver that is
 * live an interrupt. sectors: the capacity if it is that, else 0. */
void fake_regs_config_moved(struct fake_regs *regs, uint64_t sectors);

/* The driver is about to wait: one IDLE event per ready queue. */
void fake_regs_idle(struct fake_regs *regs);

#endif
