/* SPDX-License-Identifier: MIT */
/* The caller of the sound driver. */
#ifndef FUZZ_DRIVER_SND_H
#define FUZZ_DRIVER_SND_H

#include "caller.h"

#define FUZZ_CTLS 6u
#define FUZZ_XFERS 8u
#define FUZZ_XFER_PIECES 4u
#define FUZZ_XFER_BYTES_MAX 2049u
#define FUZZ_ITEMS_MAX 3u
#define FUZZ_EVENTS_MAX 3u

#define FUZZ_PLACES (FUZZ_CTLS + FUZZ_XFERS)

/* A control request or a transfer, with memory of its own. */
struct fuzz_snd_job {
    struct rgt_snd_ctl ctl;
    struct rgt_snd_xfer xfer;
    struct rgt_seg seg[FUZZ_XFER_PIECES];
    bool input; /* a transfer: of a capture stream */
    unsigned place;
    bool again;
};

struct fuzz_snd_place {
    struct fuzz_snd_job *job; /* NULL: none */
    bool lent;                /* the driver has it */
    bool over;                /* it came back, and its memory is closed */
};

struct fuzz_snd {
    struct peer *p;
    const struct fuzz_head *head;
    struct rgt_snd *snd;
    struct rgt_vq_slot *slots[PEER_QUEUES];
    struct rgt_snd_jack *jacks;
    struct rgt_snd_stream *streams;
    struct rgt_snd_chmap *chmaps;
    struct rgt_snd_event *events;
    struct fuzz_snd_place place[FUZZ_PLACES]; /* ctls first */
    struct fuzz_snd_job *submitting;
    bool went_again;   /* a callback has submitted something */
    uint64_t accepted; /* features, when it last came up; 0: it did not */
};

/* snd_job.c: makes, fills and submits one; for the input's moves and for the
 * end. NULL: the driver has as many as there can be. */
struct fuzz_snd_job *fuzz_snd_new(struct fuzz_snd *f, bool xfer);
/* Gives a transfer one more piece, of its own memory. */
void fuzz_snd_piece(struct fuzz_snd_job *job, uint32_t bytes);
int fuzz_snd_submit(struct fuzz_snd *f, struct fuzz_snd_job *job);

void fuzz_snd_drop(struct fuzz_snd_place *at);
/* May the platform lend it? For struct peer. */
bool fuzz_snd_can_lend(void *ctx, const void *buf, size_t bytes,
                       enum rgt_dir dir);
void fuzz_snd_ctl_done(struct rgt_snd_ctl *ctl);
void fuzz_snd_xfer_done(struct rgt_snd_xfer *xfer);
int fuzz_snd_poll(struct fuzz_snd *f, unsigned max);

/* snd_moves.c: as the input has it */
struct rgt_snd_params fuzz_snd_read_params(struct fuzz_snd *f, uint32_t stream);
void fuzz_snd_move_ctl(struct fuzz_snd *f);
void fuzz_snd_move_xfer(struct fuzz_snd *f);

/* snd.c: these return what the driver returned. */
int fuzz_snd_recover(struct fuzz_snd *f);
int fuzz_snd_close(struct fuzz_snd *f);
int fuzz_snd_reopen(struct fuzz_snd *f);
unsigned fuzz_snd_lent(const struct fuzz_snd *f);

/* snd_look.c: what the driver says of the device is what its header allows. */
void fuzz_snd_look(struct fuzz_snd *f, uint32_t id);

/* snd_end.c */
void fuzz_snd_end(struct fuzz_snd *f);

#endif
