/* SPDX-License-Identifier: MIT */
/* A sound device over the fake, whose every answer the test can choose. */
#ifndef FAKE_SND_H
#define FAKE_SND_H

#include "fake.h"
#include "ringtrue/snd.h"

#define FAKE_SND_CONTROL 0
#define FAKE_SND_EVENT 1
#define FAKE_SND_TX 2
#define FAKE_SND_RX 3

#define FAKE_SND_ITEMS 8
#define FAKE_SND_EVENTS 4

/* One descriptor chain as the device finds it. */
struct fake_piece {
    uint8_t *at;
    uint32_t len;
    bool writable;
};

struct fake_chain {
    unsigned queue;
    int head; /* of a packed ring the id; -1: none */
    unsigned descs;
    unsigned count;
    struct fake_piece piece[32];
    uint32_t writable_bytes;
};

struct fake_snd {
    struct fake f; /* first */
    struct rgt_snd snd;
    struct rgt_snd_config cfg;
    struct rgt_vq_slot slots[4][64];
    struct rgt_snd_jack jacks[FAKE_SND_ITEMS];
    struct rgt_snd_stream streams[FAKE_SND_ITEMS];
    struct rgt_snd_chmap chmaps[FAKE_SND_ITEMS];
    struct rgt_snd_event events[FAKE_SND_EVENTS];

    /* The device. */
    uint8_t jack_items[FAKE_SND_ITEMS][24];
    uint8_t pcm_items[FAKE_SND_ITEMS][32];
    uint8_t chmap_items[FAKE_SND_ITEMS][24];
    uint32_t answer;     /* status of all control requests: 0x8000 at first */
    bool silent;         /* control requests are not answered */
    bool play;           /* transfers complete during wait() */
    unsigned asked;      /* control requests seen by fake_snd_serve */
    uint8_t ask[32][24]; /* their bytes, the first 32 */
    uint32_t ask_bytes[32];
};

/* 2 jacks, 4 streams (0 and 1 output, 2 and 3 input, all formats and rates, 1
 * to 8 channels, MSG_POLLING and EVT_XRUNS), 2 channel maps. Not up yet. */
void fake_snd_init(struct fake_snd *s);
void fake_snd_up(struct fake_snd *s);   /* and asks for all items */
void fake_snd_down(struct fake_snd *s); /* and checks that nothing leaked */

/* Says that the device of this test keeps no order: the test is skipped if
 * IN_ORDER is what it was built for. */
void fake_snd_any_order(void);

/* Takes the next chain of a queue. */
struct fake_chain fake_snd_take(struct fake_snd *s, unsigned queue);
/* Puts it into the used ring with an interrupt. */
void fake_snd_use(struct fake_snd *s, const struct fake_chain *c, uint32_t len);

/* Answers all control requests there are. */
void fake_snd_answer(struct fake_snd *s);
/* Ends the next transfer of a queue: status, latency; rx: n bytes captured,
 * of value n & 0xff. False: there is none. */
bool fake_snd_end(struct fake_snd *s, unsigned queue, uint32_t status,
                  uint32_t latency, uint32_t n);
/* Tells an event; false: no buffer is posted. */
bool fake_snd_tell(struct fake_snd *s, uint32_t code, uint32_t data);

/* Something everybody accepts: S16 stereo 48 kHz, 4 periods of 64 frames. */
struct rgt_snd_params fake_snd_params(void);
/* Brings a stream into a state, from RGT_SND_FRESH. */
void fake_snd_bring(struct fake_snd *s, uint32_t stream,
                    enum rgt_snd_state state);

#endif
