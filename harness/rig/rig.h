/* SPDX-License-Identifier: MIT
 *
 * rig.h: one simulated machine with one subject plugged in, and the calls
 * that drive it. What runs a vector, serves RPC or copies a disk goes through
 * here; each call leaves its events in the log.
 *
 * Threads: one.
 */
#ifndef RIG_RIG_H
#define RIG_RIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "combined.h"
#include "dut.h"
#include "fakedev/machine.h"
#include "use.h"

/* How a machine is made up, beyond what a vector's "device" says. */
/* When a sound device reads what it plays (fakedev/snd.h). */
enum rig_reading { RIG_READING_AS_SAID, RIG_READING_EAGER, RIG_READING_LAZY };

struct rig_machine_setup {
    enum fake_sched_kind sched;
    enum fake_mem_mode memory;
    enum rig_reading reading;
    uint64_t seed;
    const char *image;   /* NULL: a memory disk of the capacity asked for */
    bool image_writable; /* write to the image itself, not to a copy */
    const struct rig_combo *combo; /* NULL: as the vector's "device" says */
    /* Sound: what the device's JSON does not say. NULL: a sink that drops all,
     * a source of silence. Borrowed until rig_free(). */
    struct fake_sink *sink[FAKE_SND_STREAMS_MAX];
    struct fake_source *source[FAKE_SND_STREAMS_MAX];
    const struct fake_fault_rule *faults; /* besides those of the device */
    unsigned fault_count;
    bool instrument; /* the subject is (instrument.h): show it a weak CPU */
    bool log;        /* record and judge */
    bool ledger;     /* keep one as well (fakedev/ledger.h) */
    bool unjudged;   /* record only */
    size_t log_room; /* events kept */
    size_t arena_bytes;
    unsigned inflight_max; /* 0: RIG_INFLIGHT_MAX; else at most that */
};

/* The most operations in flight at a time. */
#define RIG_INFLIGHT_MAX 256u

/* One operation and what became of it. */
struct rig_request {
    struct rig_op op;
    bool submitted; /* accepted by the subject */
    bool done;
    int32_t result; /* of submit if refused, else of completion */
    uint32_t bytes, latency_bytes; /* sound: see struct rig_done */
};

/* Of a reset that was asked for: Status was not read since, or not as 0. */
enum rig_reset { RIG_RESET_NONE, RIG_RESET_ASKED, RIG_RESET_UNANSWERED };

struct rig_raw;
struct rig_batch;
struct rig_probe;
struct rig_voice;

struct rig {
    struct fake_machine *machine;
    struct rig_port port;
    const struct rig_dut *dut; /* NULL: the raw driver of raw.h */
    void *self;
    bool open;
    struct rig_combo combo;
    struct rig_settled settled; /* since the last open */
    bool declined; /* the subject does not take part in the combination */
    uint64_t next_token;
    unsigned inflight_max;
    struct rig_request *pending[RIG_INFLIGHT_MAX];
    unsigned pending_count;
    struct rig_batch *unfinished; /* batches with pending requests */
    struct rig_probe *probes;     /* operations of the bench's own */
    uint64_t timeout_ns;          /* of one operation */
    uint32_t storm_max;           /* turns with a line that is not let go and
                                     nothing done, then it is as if the time
                                     were up; 0: no limit */
    uint32_t storm;               /* of them, so far */
    uint32_t waits;               /* of the driver with such a line, so far */
    struct rig_open how;          /* of the last open; device 0: none yet */
    struct rig_use first_use;     /* after the first open that went well */
    struct rig_use kept;          /* see rig_in_use() */
    enum rig_reset reset;         /* the last one that the subject asked for */
    bool opened_once;
    json_t *score; /* of the last recovery that was scored, or NULL */
    struct rig_raw *raw;
    struct rig_voice *voice;   /* sound: FAKE_SND_STREAMS_MAX of them */
    struct rig_voice *control; /* sound: commands on their way */
    char last_log[160];
    char complaint[320]; /* a breach of the ABI by the subject, or "" */
};

/* device: the vector's object, already checked against the schema. Returns 0,
 * or -1 and one line in err. */
int rig_start(struct rig *rig, const struct rig_machine_setup *setup,
              const json_t *device, const struct rig_dut *dut, char *err,
              size_t room);

/* Closes the subject if it is open, stops the device. The log and the judge
 * may be read afterwards, until rig_free(). */
void rig_stop(struct rig *rig);
void rig_free(struct rig *rig);

/* The subject's calls, between events. Codes are those of dut.h. queue_size
 * 0: that of the combination, or the subject's choice. */
int rig_open(struct rig *rig, uint64_t features_mask, uint32_t queue_size);
/* The same with several request queues. */
int rig_open_queues(struct rig *rig, uint64_t features_mask,
                    uint32_t queue_size, uint32_t queues);
void rig_close(struct rig *rig);

/* What the subject has in use, without what it kept when it was closed, or
 * could not be opened, because the device did not answer its reset: such a
 * device may still write there (3.3.1). */
struct rig_use rig_in_use(const struct rig *rig);

/* Submits count requests and kicks once. Returns 0; RGT_E_TIMEOUT: no room
 * came for all of them; or poll's error. */
int rig_begin(struct rig *rig, struct rig_request *requests, unsigned count);

/* Submits one and kicks, without waiting for room. Returns what the subject
 * says. */
int rig_try(struct rig *rig, struct rig_request *request);

/* One turn of a driver's main loop: interrupt, poll, else wait until the
 * deadline at most. Returns 0; RGT_E_TIMEOUT: storm_max; or the error of poll
 * or interrupt. */
int rig_turn(struct rig *rig, uint64_t deadline_ns);

/* Turns until those of the requests that were accepted are done, the subject
 * reports that the device is dead, or the deadline. Returns 0; RGT_E_TIMEOUT;
 * or poll's error. What is not done stays pending until rig_recover() or
 * rig_close(). */
int rig_finish(struct rig *rig, const struct rig_request *requests,
               unsigned count, uint64_t deadline_ns);

/* Begin and finish, within the time of one operation. */
int rig_run(struct rig *rig, struct rig_request *requests, unsigned count);

/* recover, then polls until everything pending has come back. */
int rig_recover(struct rig *rig);

/* The driver has nothing to do: waits for ns, taking interrupts and polling.
 * Returns 0 or poll's error. */
int rig_idle(struct rig *rig, uint64_t ns);

/* Takes the interrupt if the line is asserted. */
int rig_take_interrupt(struct rig *rig);

/* Arena memory for operation buffers. */
void *rig_take(struct rig *rig, size_t bytes);
void rig_give(struct rig *rig, void *buf);

void rig_emit(struct rig *rig, enum fake_event_kind kind, uint64_t a,
              uint64_t b, uint64_t c, uint64_t d);

#endif
