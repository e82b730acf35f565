/* SPDX-License-Identifier: MIT
 *
 * device.h: the back half of a simulated device: its queues and its model,
 * the way a scheduler runs them.
 *
 * The front half (regs.h) lives on the driver's thread, this half on the
 * device's. They share nothing but guest memory, the event log, a doorbell
 * and the few atomics of struct fake_lines; everything else the front tells
 * the back in a struct fake_control, one at a time and answered.
 */
#ifndef FAKEDEV_DEVICE_H
#define FAKEDEV_DEVICE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "fakedev/arena.h"
#include "fakedev/cache.h"
#include "fakedev/event.h"
#include "fakedev/fault.h"
#include "fakedev/ring.h"

#define FAKE_QUEUES_MAX 64u
#define FAKE_NEVER UINT64_MAX

/* What either half may read or set at any time. */
struct fake_lines {
    atomic_uint irq_status;         /* InterruptStatus, bits 0 and 1 */
    atomic_bool needs_reset;        /* DEVICE_NEEDS_RESET is set */
    atomic_uint_least64_t storm;    /* acknowledgements that are ignored */
    atomic_uint_least64_t unshared; /* window closed last; 0: none */
    atomic_uint_least64_t sectors;  /* blk capacity: changes at run time */
    atomic_bool resized;   /* it was changed by the back: the front has to show
                              it, set after it */
    atomic_uint writeback; /* blk: bit 0 is the config field of that name, the
                              rest counts how often it was changed */
    /* blk: the place (as in events) from which on requests of a queue came
     * after that; stored before the word, loaded after it. */
    atomic_uint_least64_t mode_from[FAKE_QUEUES_MAX];
    /* Packed queues: slots taken, with a log only. A line of their own: they
     * change with each request. */
    _Alignas(64) atomic_uint_least64_t taken[FAKE_QUEUES_MAX];
};

enum fake_control_kind {
    FAKE_CONTROL_RESET,       /* stop everything, forget everything (2.4.1) */
    FAKE_CONTROL_DRIVER_OK,   /* features: the negotiated ones */
    FAKE_CONTROL_QUEUE_UP,    /* queue: its areas */
    FAKE_CONTROL_QUEUE_DOWN,  /* queue.index */
    FAKE_CONTROL_POWER_CUT,   /* survival: and then it needs a reset */
    FAKE_CONTROL_PEEK,        /* peek: what the disk holds */
    FAKE_CONTROL_NEEDS_RESET, /* it cannot go on */
};

/* Bytes of the disk, as a read by the driver would find them. failed is set
 * if they are not to be had. */
struct fake_peek {
    uint64_t offset;
    void *to;
    size_t bytes;
    bool failed;
};

struct fake_control {
    enum fake_control_kind kind;
    uint64_t features;
    struct fake_ring_config queue;
    enum fake_survival survival;
    struct fake_peek *peek;
};

struct fake_device;

/* A device type. A model has no thread, no clock and does no I/O of its own
 * but through its store or sink: step() is all it does. */
struct fake_model_ops {
    uint32_t device_id;
    /* DRIVER_OK was set. */
    void (*start)(struct fake_device *dev, uint64_t features);
    /* Forget every buffer. The rings are still there, but not used again. */
    void (*reset)(struct fake_device *dev);
    /* The same for the buffers of one queue. */
    void (*drop)(struct fake_device *dev, uint16_t queue);
    /* Does what is due at now_ns: takes buffers, serves them, completes
     * those whose time has come; a bounded amount. Returns true if anything
     * was done. *wake_ns is lowered to the time of the next completion that
     * is pending, if any. */
    bool (*step)(struct fake_device *dev, uint64_t now_ns, uint64_t *wake_ns);
    /* Power goes: what is volatile may be lost. NULL: nothing can be. */
    void (*power_cut)(struct fake_device *dev, enum fake_survival survival);
    /* NULL: there is nothing to look at. */
    void (*peek)(struct fake_device *dev, struct fake_peek *peek);
};

struct fake_device {
    const struct fake_model_ops *ops;
    struct fake_arena *arena;
    struct fake_log *log;
    struct fake_fault_plan *faults;
    struct fake_lines *lines;
    /* Tells the scheduler that the interrupt line may have changed. */
    void (*line_changed)(void *ctx);
    void *line_ctx;
    unsigned queue_count;
    struct fake_ring ring[FAKE_QUEUES_MAX];
    bool driver_ok;
    bool dead;           /* asked for a reset: does nothing until it comes */
    bool spurious_asked; /* IRQ_SPURIOUS was considered for what is pending */
    struct fake_kept_line line;
    bool owes;     /* faults have put something off */
    bool irq_kept; /* ... an interrupt, until: */
    uint64_t irq_at_ns;
};

/* Carries out what the front asks for. */
void fake_device_control(struct fake_device *dev, const struct fake_control *c);

/* One move of the device: model step, then interrupts that are due, then a
 * reset request if a ring broke. Same result and arguments as step(). Does
 * nothing before DRIVER_OK (2.1.2). */
bool fake_device_step(struct fake_device *dev, uint64_t now_ns,
                      uint64_t *wake_ns);

/* The driver has unshared the window of that device address. */
void fake_device_unshared(struct fake_device *dev, uint64_t dma);

/* The driver has kicked a queue. */
void fake_device_kick(struct fake_device *dev, unsigned queue);

/* All live rings: the device looks by itself / stops looking. arm returns
 * true if there is something to take after all. */
void fake_device_suppress(struct fake_device *dev);
bool fake_device_arm(struct fake_device *dev);

/* Raises the line for a used buffer (bit 0) or configuration change (bit 1)
 * notification. Emits IRQ. */
void fake_device_irq(struct fake_device *dev, uint32_t bits);

/* Enters the error state that only a reset cures: DEVICE_NEEDS_RESET and a
 * configuration change notification (2.1.2). */
void fake_device_needs_reset(struct fake_device *dev);

#endif
