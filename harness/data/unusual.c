/* SPDX-License-Identifier: MIT */
#include "unusual.h"

static const struct rig_unusual list[] = {
    {"out-of-order",
     "requests of a disk that are in flight together complete in another order",
     "\"order\": \"shuffle\", \"latency_us\": 20", ""},
    {"all-at-once",
     "a disk completes nothing before so many requests are in flight, or none "
     "has come for a while",
     "\"hold\": 8", "--fault used-all-at-once=NS"},
    {"one-by-one", "buffers come back one with each move of the device", "",
     "--fault used-one-by-one"},
    {"slow-disk",
     "each request of a disk takes that long, and its data are read or written "
     "at the end of it",
     "\"latency_us\": 50000", "--fault blk-slow=NS"},
    {"reading",
     "a sound device takes what it plays the instant that it is published "
     "(eager), or as it is played (lazy)",
     "\"type\": \"snd\", \"reading\": \"lazy\"", "--reading eager|lazy"},
    {"short-used-length", "used len tells of less than was written", "",
     "--fault used-len-short=BYTES, --fault used-len-zero"},
    {"full-queue",
     "a queue so short that the longest chain takes all of it, where there are "
     "no indirect tables",
     "\"features\": [\"VERSION_1\", \"FLUSH\", \"SEG_MAX\"], "
     "\"queue_size\": 4, \"seg_max\": 2",
     "@indirect=off,size=4"},
    {"odd-queue", "a packed queue whose size is no power of 2",
     "\"features\": [\"VERSION_1\", \"FLUSH\", \"RING_PACKED\"], "
     "\"queue_size\": 7",
     "@ring=packed,size=7; --fault queue-max=ENTRIES"},
    {"longest-queue", "a queue as long as they get", "\"queue_size\": 32768",
     ""},
    {"long-config", "the config space is that many bytes longer than known",
     "\"config_extra\": 64", ""},
    {"unknown-features", "feature bits are offered that nobody knows",
     "\"features\": [\"VERSION_1\", \"FLUSH\", 18, 45, 63]",
     "--fault features-unknown=BITS"},
    {"no-event-idx", "a device without EVENT_IDX, indirect tables, or both",
     "\"features\": [\"VERSION_1\", \"FLUSH\"]", "@event_idx=off,indirect=off"},
    {"unwanted-interrupts",
     "interrupts while the driver wants none, or for nothing", "",
     "--fault irq-unwanted, --fault irq-spurious"},
    {"no-polling",
     "a device on a thread of its own sleeps as soon as it has no work; else "
     "it looks on for that long",
     "\"poll_us\": 0", ""},
    {"copied-memory", "the device sees copies of what is lent, elsewhere", "",
     "--memory bounce; --fault memory-needs-flush"},
    {"discarded-sectors",
     "sectors that were discarded hold what they held, zeroes, or garbage",
     "\"features\": [\"VERSION_1\", \"FLUSH\", \"DISCARD\"], "
     "\"discard\": \"garbage\"",
     ""},
    {"volatile-cache", "what was not flushed does not outlive the power",
     "\"cache\": \"volatile\"", "--fault power-cut=SURVIVAL"},
};

const struct rig_unusual *rig_unusual(size_t k)
{
    return k < sizeof(list) / sizeof(list[0]) ? &list[k] : NULL;
}
