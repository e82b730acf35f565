/* SPDX-License-Identifier: MIT
 *
 * raw.h: the scripted raw driver (dut_script): register accesses and ring
 * bytes as a vector spells them out. It plays the liar of a driver vector.
 *
 * It has every queue of the device, works on one at a time, and has memory of
 * its own: the three ring areas, headers, statuses, data and an indirect table.
 * By itself it does everything right; a liar does one thing wrong and the rest
 * through the same calls.
 */
#ifndef RIG_RAW_H
#define RIG_RAW_H

#include <stdbool.h>
#include <stdint.h>

#include "rig.h"

/* X(enum, name, bytes): memory a descriptor can point at. */
#define RIG_RAW_AREAS(X)                                                       \
    X(DESC, "desc", 0)        /* descriptor table; packed: the ring */         \
    X(AVAIL, "avail", 0)      /* available ring; Driver Event Suppression */   \
    X(USED, "used", 0)        /* used ring; Device Event Suppression */        \
    X(HEADER, "header", 4096) /* of request k at 16 k */                       \
    X(STATUS, "status", 256)  /* of request k at k */                          \
    X(DATA, "data", 65536)                                                     \
    X(TABLE, "table", 65536) /* indirect descriptors */

enum rig_raw_area {
#define RIG_RAW_AREA_ENUM(name, text, bytes) RIG_RAW_##name,
    RIG_RAW_AREAS(RIG_RAW_AREA_ENUM)
#undef RIG_RAW_AREA_ENUM
        RIG_RAW_AREA_COUNT
};

struct rig_raw_memory {
    uint8_t *cpu; /* NULL: not allocated */
    uint64_t dma;
    size_t bytes;
};

struct rig_raw_desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags;
    uint16_t next; /* split */
    uint16_t id;   /* packed */
};

/* Steps of raw initialisation, in order. */
#define RIG_RAW_STAGES(X)                                                      \
    X(PROBE, "probe")                                                          \
    X(RESET, "reset")                                                          \
    X(ACKNOWLEDGE, "acknowledge")                                              \
    X(DRIVER, "driver")                                                        \
    X(OFFER, "offer")       /* read what is offered */                         \
    X(FEATURES, "features") /* write what is accepted */                       \
    X(FEATURES_OK, "features_ok")                                              \
    X(CONFIRM, "confirm")                                                      \
    X(CONFIG, "config") /* capacity, between two generations */                \
    X(QUEUES, "queues")                                                        \
    X(DRIVER_OK, "driver_ok")

enum rig_raw_stage {
#define RIG_RAW_STAGE_ENUM(name, text) RIG_RAW_STAGE_##name,
    RIG_RAW_STAGES(RIG_RAW_STAGE_ENUM)
#undef RIG_RAW_STAGE_ENUM
        RIG_RAW_STAGE_COUNT
};

#define RIG_RAW_QUEUES 4u

/* Buffers made available in a packed ring whose return it keeps track of. */
#define RIG_RAW_LENT 1024u

/* Where it is in a packed ring. */
struct rig_raw_packed {
    uint32_t slot, used_slot; /* next to make available, next to be used */
    bool odd, used_odd;       /* laps: the wrap counter there is 0 */
    uint16_t seen;            /* buffers that have come back */
    uint32_t lent_count;
    struct rig_raw_lent {
        uint16_t id, slots;
    } lent[RIG_RAW_LENT]; /* in the order in which they were made available */
};

/* What is kept of a queue while another one is worked on. */
struct rig_raw_queue {
    struct rig_raw_memory area[RIG_RAW_USED + 1];
    uint32_t queue_size;
    uint16_t avail_idx, used_idx, next_desc;
    struct rig_raw_packed packed;
};

struct rig_raw {
    struct rig *rig;
    /* of the queue now worked on; the areas behind USED are shared by all */
    unsigned queue;
    struct rig_raw_memory area[RIG_RAW_AREA_COUNT];
    uint32_t queue_size;
    uint16_t avail_idx; /* entries written */
    uint16_t used_idx;  /* entries waited for */
    uint16_t next_desc;
    struct rig_raw_packed packed;
    struct rig_raw_queue other[RIG_RAW_QUEUES];

    uint32_t status;
    uint64_t offered;
    uint64_t accept;        /* of what is offered */
    uint64_t accept_always; /* offered or not */
    bool hold_acks;         /* interrupts are handled by the script */
};

struct rig_raw *rig_raw_new(struct rig *rig);
void rig_raw_free(struct rig_raw *raw);

uint32_t rig_raw_read(struct rig_raw *raw, uint32_t offset);
void rig_raw_write(struct rig_raw *raw, uint32_t offset, uint32_t value);

/* Goes on with another queue, below RIG_RAW_QUEUES. */
void rig_raw_select(struct rig_raw *raw, unsigned queue);

/* Memory of an area; allocates it when first asked for. NULL: no memory. */
struct rig_raw_memory *rig_raw_area(struct rig_raw *raw,
                                    enum rig_raw_area area);

/* Allocates the ring areas for queue_size entries, each moved off its
 * alignment by skew bytes. Returns 0 or -1. */
int rig_raw_ring(struct rig_raw *raw, uint32_t queue_size,
                 const unsigned skew[3]);

/* One stage of initialisation. Returns 0, or -1: no memory. */
int rig_raw_stage(struct rig_raw *raw, enum rig_raw_stage stage);

/* Was it offered, and has it accepted it? */
bool rig_raw_has(const struct rig_raw *raw, unsigned feature);

/* Writes one descriptor. In a packed ring, flags without AVAIL and USED are
 * made those of a slot that is not available yet. */
void rig_raw_put_desc(struct rig_raw *raw, bool in_table, uint32_t index,
                      const struct rig_raw_desc *d);

/* Writes the available entry and moves idx on by one. Packed: makes the list
 * that begins in slot `head` available, its first descriptor last; of it only
 * the first `slots` descriptors if that is not 0. */
void rig_raw_put_avail(struct rig_raw *raw, uint16_t head, unsigned slots);
void rig_raw_set_avail_idx(struct rig_raw *raw, uint16_t idx);
/* Packed: flags of Driver Event Suppression. */
void rig_raw_set_avail_flags(struct rig_raw *raw, uint16_t flags);

/* Kicks the queue worked on, with what NOTIFICATION_DATA wants to be said. */
void rig_raw_notify(struct rig_raw *raw);

/* Does the device want a kick for the newest `count` entries, or slots (2.7.10,
 * 2.8.10)? What the other side's field says that does not apply is garbage. */
bool rig_raw_kick_wanted(const struct rig_raw *raw, unsigned count);

/* Waits until the device, having seen every entry, asks for a kick at the
 * next one, handling interrupts. Returns 0; RGT_E_TIMEOUT; RGT_E_STATE: the
 * device needs a reset. */
int rig_raw_wait_armed(struct rig_raw *raw, uint64_t ns);

/* Waits until `count` more used entries have come, handling interrupts as a
 * driver has to. Returns 0; RGT_E_TIMEOUT; RGT_E_STATE: the device needs a
 * reset. */
int rig_raw_wait_used(struct rig_raw *raw, unsigned count, uint64_t ns);

/* Handles an interrupt: reads the cause, acknowledges it. Returns true if the
 * device says that it needs a reset. */
bool rig_raw_interrupt(struct rig_raw *raw);

#endif
