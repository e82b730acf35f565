/* SPDX-License-Identifier: MIT */
/* A machine, and a driver on it that may do anything: right by default, wrong
 * by move. */
#ifndef FUZZ_DEVICE_GUEST_H
#define FUZZ_DEVICE_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fakedev/machine.h"
#include "input.h"
#include "watch.h"

#define GUEST_QUEUES 4u
#define GUEST_MEMORIES 24u
#define GUEST_ARENA_BYTES (96u * 1024u)
#define GUEST_WINDOWS 256u
#define GUEST_WORK_BYTES 16384u
#define GUEST_SECTORS 64u
#define GUEST_CHAIN_MAX 80u

/* What the guest has been given, or has lent. */
struct guest_memory {
    uint8_t *cpu; /* NULL: not in use */
    size_t bytes;
    uint64_t dma;
    bool shared;  /* else dma memory */
    bool outside; /* of the arena: malloc */
    enum fake_dir dir;
};

struct guest_piece {
    uint64_t addr;
    uint32_t len;
    uint16_t flags; /* VIRTQ_DESC_F_*; NEXT comes by itself */
};

struct guest_queue {
    uint16_t size;
    bool packed;
    struct guest_memory ring; /* its three areas, one after the other */
    size_t driver, device;    /* offsets in it */
    uint16_t next;            /* split: descriptor; packed: slot */
    uint16_t avail;           /* split: idx */
    bool wrap;
    uint16_t id; /* packed */
};

struct guest {
    struct fake_machine *m;
    struct fuzz_input in;
    struct watch watch;
    uint64_t accepted;
    bool sound;
    struct guest_queue queue[GUEST_QUEUES];
    struct guest_memory memory[GUEST_MEMORIES];
    struct guest_memory work; /* headers, tables, payload: used in turn */
    size_t work_at;
};

/* machine.c: as the head of the input has it. */
void guest_start(struct guest *g);
void guest_stop(struct guest *g);

/* guest.c: registers and queues */
uint32_t guest_read(struct guest *g, uint32_t offset, uint32_t width);
void guest_write(struct guest *g, uint32_t offset, uint32_t width,
                 uint32_t value);
void guest_set_up(struct guest *g);
void guest_kick(struct guest *g, unsigned queue, uint8_t more);

/* memory.c */
bool guest_alloc(struct guest *g, size_t bytes, size_t align,
                 struct guest_memory *at);
void guest_free(struct guest *g, struct guest_memory *at, size_t more);
bool guest_share(struct guest *g, size_t bytes, enum fake_dir dir, bool outside,
                 struct guest_memory *at);
void guest_unshare(struct guest *g, struct guest_memory *at, uint8_t wrong);
struct guest_memory *guest_memory_new(struct guest *g);
/* A piece of the work memory, which goes round. */
uint8_t *guest_work(struct guest *g, size_t bytes, uint64_t *dma);

/* chain.c */
void guest_chain(struct guest *g, unsigned queue,
                 const struct guest_piece *piece, unsigned count, uint8_t how);
void guest_jump(struct guest *g, unsigned queue, uint16_t by);
void guest_wish(struct guest *g, unsigned queue, uint8_t flags, uint16_t event);

/* requests.c: as the input has them */
unsigned guest_queue_arg(struct guest *g);
void guest_blk(struct guest *g);
void guest_control(struct guest *g);
void guest_frames(struct guest *g);
void guest_any_chain(struct guest *g);

/* moves.c */
void guest_move(struct guest *g);

#endif
