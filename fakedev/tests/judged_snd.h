/* SPDX-License-Identifier: MIT
 *
 * judged_snd.h: what a sound device tells the judge, written by hand. The card
 * has streams 0 and 3 out, 1 and 2 in, all of 48 kHz S16; 3 can do more.
 */
#ifndef FAKEDEV_TESTS_JUDGED_SND_H
#define FAKEDEV_TESTS_JUDGED_SND_H

#include "judged.h"

enum { CONTROLQ, EVENTQ, TXQ, RXQ };

enum { PERIOD = 1920, BUFFER = 7680 };

enum { S16 = 5, FLOAT = 19, HZ_44100 = 6, HZ_48000 = 7 };

/* To be called first: the machine is a card, its event queue filled. */
void plug_in(struct judged *j);

/* A control request and its answer. */
void control(struct judged *j, uint32_t code, uint32_t id, uint32_t status,
             uint32_t writable);
void command(struct judged *j, uint32_t code, uint32_t stream); /* is done */
void query(struct judged *j, uint32_t code, uint32_t start, uint32_t count,
           uint32_t size, uint32_t writable);

struct params {
    uint32_t stream, buffer, period, features;
    uint8_t channels, format, rate, padding;
};

/* Of a stream, with which nothing is wrong. */
struct params good(uint32_t stream);
void set_is(struct judged *j, struct params p, uint32_t status);
void set(struct judged *j, struct params p);     /* is done */
void prepare(struct judged *j, uint32_t stream); /* SET_PARAMS, PREPARE */

/* A message as the device takes it, and as it gives it back. */
void xfer_at(struct judged *j, uint16_t queue, uint32_t stream, uint32_t out,
             uint32_t in, uint16_t head);
void xfer(struct judged *j, uint16_t queue, uint32_t stream, uint32_t out,
          uint32_t in);
void xfer_done(struct judged *j, uint16_t queue, uint32_t stream,
               uint16_t head);
void event_buffer(struct judged *j, uint32_t readable, uint32_t writable);

#define POLLING (1u << VIRTIO_SND_PCM_F_MSG_POLLING)

/* The two halves of a law, on a card that was set up; and its entry. */
#define LAW(name, sets_up, wrong, right)                                       \
    static void breaks_##name(struct judged *j)                                \
    {                                                                          \
        plug_in(j);                                                            \
        sets_up;                                                               \
        wrong;                                                                 \
    }                                                                          \
    static void keeps_##name(struct judged *j)                                 \
    {                                                                          \
        plug_in(j);                                                            \
        sets_up;                                                               \
        right;                                                                 \
    }

#define ENTRY(clause, name)                                                    \
    {                                                                          \
        clause, #name, breaks_##name, keeps_##name,                            \
        {                                                                      \
            0                                                                  \
        }                                                                      \
    }

#endif
