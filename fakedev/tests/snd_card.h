/* SPDX-License-Identifier: MIT
 *
 * snd_card.h: a sound device without registers, its four queues driven by
 * hand, in virtual time; a sink that keeps what it is given, and a source
 * that counts.
 */
#ifndef FAKEDEV_TESTS_SND_CARD_H
#define FAKEDEV_TESTS_SND_CARD_H

#include "fakedev/snd.h"
#include "guest.h"

/* 5.14.6, transcribed. */
enum { CONTROL, EVENT, TX, RX, QUEUES };
enum {
    JACK_INFO = 0x0001,
    JACK_REMAP = 0x0002,
    PCM_INFO = 0x0100,
    SET_PARAMS = 0x0101,
    PREPARE = 0x0102,
    RELEASE = 0x0103,
    START = 0x0104,
    STOP = 0x0105,
    CHMAP_INFO = 0x0200,
    JACK_CONNECTED = 0x1000,
    JACK_DISCONNECTED = 0x1001,
    XRUN = 0x1101,
    OK = 0x8000,
    BAD_MSG = 0x8001,
    NOT_SUPP = 0x8002,
    IO_ERR = 0x8003
};
enum { F_MSG_POLLING = 4, F_SHMEM_PERIODS = 8, F_XRUNS = 16 };
enum { ADPCM = 0, U8 = 4, S16 = 5, FLOAT64 = 20 };
enum { HZ_5512 = 0, HZ_44100 = 6, HZ_48000 = 7, HZ_384000 = 13 };

#define CARD_SLOTS 256u /* queue size, one chain each */
#define CARD_PIECES 64u /* of one chain */
#define FILLER 0xEE
#define UNTOUCHED 0x77
#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

struct card_queue {
    struct fake_ring_config cfg;
    uint8_t *desc, *avail, *used;
    uint8_t *tables; /* indirect: CARD_PIECES for each slot */
    uint64_t tables_dma;
    uint16_t avail_idx, seen;
    bool busy[CARD_SLOTS];
};

/* A buffer of two parts. */
struct buf {
    uint8_t *out, *in;
    uint64_t out_dma, in_dma;
    uint32_t out_len, in_len;
    uint16_t head;
};

/* What a playback stream was given: bytes, and stretches of silence. */
struct tape {
    struct fake_sink sink;
    struct fake_pcm pcm;
    uint8_t *data; /* silence is left out */
    size_t bytes, room;
    uint64_t silence_bytes;
    struct {
        uint64_t at, bytes; /* `at` counts silence as well */
    } gap[64];
    unsigned gaps;
    bool in_gap;
    unsigned starts, stops;
    bool running, fail_start, fail_write, drop_data;
    unsigned writes;
    uint64_t clock; /* frames */
};

/* 32-bit little-endian counter. */
struct counter {
    struct fake_source source;
    uint64_t next; /* byte */
    unsigned starts, stops;
    bool running, fail_start, fail_read;
};

struct card {
    struct guest g; /* arena, log and faults of it */
    struct fake_lines lines;
    struct fake_snd_config cfg;
    struct fake_snd snd;
    struct card_queue q[QUEUES];
    struct tape tape[FAKE_SND_STREAMS_MAX];
    struct counter counter[FAKE_SND_STREAMS_MAX];
    struct buf request; /* for card_control() */
    uint64_t now, wake;
    void (*turn)(struct card *c); /* of the driver, after each move */
};

/* Two jacks, streams 0 and 1 out, 2 in, two channel maps; everything offered
 * but shared memory. cfg may be changed before card_up(). */
void card_setup(struct card *c);
void card_init(struct card *c); /* all but DRIVER_OK */
void card_up(struct card *c);
/* The driver resets the device and begins anew. */
void card_again(struct card *c);
void card_down(struct card *c);

/* One step at c->now; steps until nothing is left to do then; and on to the
 * time t from one due time to the next. */
bool card_step(struct card *c);
void card_settle(struct card *c);
void card_run(struct card *c, uint64_t t);

struct buf card_buf(struct card *c, uint32_t out_len, uint32_t in_len);
/* Memory of a tx message (frames all k % 251 + start), or an rx message. */
struct buf card_tx(struct card *c, uint32_t stream, uint32_t bytes,
                   unsigned start);
struct buf card_rx(struct card *c, uint32_t stream, uint32_t bytes);

/* Publishes it cut into pieces of the given sizes, the last again and
 * again; NULL: not at all. */
void card_publish(struct card *c, unsigned queue, struct buf *b,
                  const uint32_t *cuts);
/* Does the device want to be told (2.7.10)? */
bool card_wants_kick(struct card *c, unsigned queue);
/* The next used entry, if any. */
bool card_used(struct card *c, unsigned queue, uint16_t *head, uint32_t *len);
/* That of b has to be the next one. */
void card_expect_used(struct card *c, unsigned queue, const struct buf *b,
                      uint32_t len);
/* The same, with its status; returns the latency. */
uint32_t card_expect_done(struct card *c, unsigned queue, const struct buf *b,
                          uint32_t len, uint32_t status);

/* One request, served at once; the answer is in c->request. Returns its
 * status. */
uint32_t card_control(struct card *c, const uint8_t *bytes, uint32_t len,
                      uint32_t room);
uint32_t card_command(struct card *c, uint32_t code, uint32_t stream);
uint32_t card_set(struct card *c, uint32_t stream, uint32_t period,
                  uint32_t features, uint8_t channels, uint8_t format,
                  uint8_t rate); /* four periods */
/* SET_PARAMS and PREPARE: 48 kHz stereo S16, periods of 10 ms. */
void card_prepare(struct card *c, uint32_t stream, uint32_t features);

/* Posts an event buffer; and takes one that came back. */
void card_post_event(struct card *c);
bool card_event(struct card *c, uint32_t *code, uint32_t *data);

extern const struct fake_sink_ops card_clocked_ops; /* a tape with a clock */

#define CARD_PERIOD 1920u /* bytes of 10 ms of that */

#endif
