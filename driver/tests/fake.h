/* SPDX-License-Identifier: MIT */
/* A platform and a virtio-mmio device small enough to script by hand.
 *
 * The platform counts what is allocated, shared and lent back. The device is
 * a register file that records every access; its half of the ring is written
 * by the test (fake_use) or, when `serve` is set, during wait().
 */
#ifndef FAKE_H
#define FAKE_H

#include "ringtrue/blk.h"
#include "ringtrue/err.h"
#include "ringtrue/mmio.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define FAKE_LOG_MAX 4096

/* Device addresses differ from CPU addresses by this much. */
#define FAKE_DMA_OFFSET 0x0100000000000000ull

struct fake_access {
    bool write;
    uint32_t offset;
    unsigned width;
    uint32_t value;
};

/* What a device has of each queue. */
struct fake_queue {
    uint32_t num, ready;
    uint64_t areas[3];
    uint16_t avail_seen, used_idx;
};

#define FAKE_QUEUES 4

struct fake {
    struct rgt_hal hal; /* first */
    struct rgt_mmio_bus bus;
    struct rgt_mmio mmio;

    /* Platform. */
    unsigned allocs, frees, shares, unshares, lines;
    unsigned alloc_fails_at; /* n-th dma_alloc fails; 0: none */
    unsigned share_fails_at; /* n-th share fails; 0: none */
    uint64_t now_ns;
    void (*serve)(struct fake *f); /* the device's turn, in wait() */
    bool mute;                     /* wait() never says "interrupt" */
    /* The device's turn inside a kick: one that is faster than the CPU. */
    void (*on_kick)(struct fake *f, unsigned queue);

    /* Registers. */
    uint32_t magic, version, device_id;
    uint64_t offered, accepted;
    uint32_t sel_device, sel_driver;
    uint32_t status;
    unsigned reset_reads;       /* status reads until a reset shows 0 */
    unsigned reset_left;        /* ... still to go */
    bool reset_never;           /* a reset is not answered */
    uint32_t stale_status;      /* shown meanwhile; 0: ACKNOWLEDGE */
    bool features_refused;      /* FEATURES_OK does not stick */
    unsigned queue_reset_reads; /* QueueReset reads 1 so often, then 0 */
    unsigned queue_reset_left;
    bool queue_reset_never;
    uint32_t queue_max;
    uint32_t queue_num, queue_ready;
    uint64_t areas[3];
    uint32_t interrupt;
    uint32_t generation;
    void (*on_config_read)(struct fake *f, uint32_t offset);
    uint8_t config[128];
    bool config_frozen; /* the driver's writes to it have no effect */
    unsigned kicks;
    unsigned kicks_of[FAKE_QUEUES];
    unsigned kicks_before_driver_ok;

    /* From this register access on nobody answers; 0: never. What is there
     * after that is a device that has just got power. */
    unsigned gone_at;
    unsigned gone_for; /* accesses; 0: for ever */
    bool gone;
    unsigned
        status_lost_at; /* this write to the status has no effect; 0: none */
    unsigned status_writes;
    unsigned needs_reset_at; /* this access finds DEVICE_NEEDS_RESET; 0: none */

    struct fake_access log[FAKE_LOG_MAX];
    unsigned log_count;

    bool given_back_while_live; /* dma_free before the reset was answered */
    unsigned unshares_while_live;

    uint16_t avail_seen; /* device: next available entry */
    uint16_t used_idx;   /* device: next used entry */

    /* The fields above are those of the queue selected; the others'. */
    struct fake_queue parked[FAKE_QUEUES];
    unsigned queue_sel;
    uint32_t queue_max_of[FAKE_QUEUES]; /* instead of queue_max; 0: that */
    unsigned queue_count;               /* queues there are; 0: FAKE_QUEUES */
};

void fake_init(struct fake *f);

/* Makes the ring functions below, and registers, mean another queue: 0 is the
 * one at first. */
void fake_select(struct fake *f, unsigned queue);

/* The CPU address of a device address. */
void *fake_cpu(uint64_t dma);

/* Little-endian numbers in memory, whatever the CPU. */
uint16_t fake_get16(const void *at);
uint32_t fake_get32(const void *at);
uint64_t fake_get64(const void *at);
void fake_put16(void *at, uint16_t v);
void fake_put32(void *at, uint32_t v);
void fake_put64(void *at, uint64_t v);

/* Ring halves, by plain address. size is the queue size. */
uint8_t *fake_desc(struct fake *f, unsigned index);
uint8_t *fake_avail(struct fake *f);
uint8_t *fake_used(struct fake *f);

/* Writes a used entry and moves used idx on. */
void fake_use(struct fake *f, uint32_t id, uint32_t len);

/* Takes the next available head; -1 if there is none. */
int fake_take(struct fake *f);

/* Serves every available block request: data 0xa5 for reads, status given. */
void fake_serve_ok(struct fake *f);
void fake_serve_status(struct fake *f, uint8_t status);

/* Number of writes to offset in the log; and of accesses of any kind. */
unsigned fake_writes(const struct fake *f, uint32_t offset);
unsigned fake_accesses(const struct fake *f);

/* A block device over the fake, with room for any queue of 256. */
struct fake_blk {
    struct fake f;
    struct rgt_blk blk;
    struct rgt_vq_slot slots[256];
    struct rgt_blk_config cfg;
};

/* Fake with capacity, FLUSH offered; config filled in but not brought up. */
void fake_blk_init(struct fake_blk *b);
void fake_blk_up(struct fake_blk *b);
/* Brings down what is up, and checks that nothing has leaked. */
void fake_blk_down(struct fake_blk *b);

#endif
