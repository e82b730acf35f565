/* SPDX-License-Identifier: MIT */
/* The machine under test, as the head of the input has it. */
#include "guest.h"
#include "law.h"
#include "ops.h"
#include "ringtrue/wire.h"

#include <stdlib.h>
#include <string.h>

#define F(bit) (UINT64_C(1) << (bit))

enum {
    HOW_BOUNCE = 1,
    HOW_CACHE = 2,
    HOW_LIFO = 4,
    HOW_SHUFFLE = 8,
    HOW_SLOW = 16,
    HOW_HOLD = 32,
    HOW_EAGER = 64,
    HOW_NONSENSE = 128,
};

/* ---- where frames go, and where they come from --------------------------- */

/* Every byte is looked at: AddressSanitizer sees to it that they are there. */
static unsigned heard;

static int sink_start(struct fake_sink *sink, const struct fake_pcm *pcm)
{
    (void)sink;
    return pcm->channels == 2 && pcm->rate_hz == 5512 ? -1 : 0;
}

static int sink_write(struct fake_sink *sink, const void *data, size_t bytes,
                      bool silence)
{
    const uint8_t *at = data;

    (void)sink;
    FUZZ_LAW(silence == (data == NULL), "silence with data, or no data");
    for (size_t i = 0; i < bytes && !silence; i++)
        heard += at[i];
    return 0;
}

static void sink_stop(struct fake_sink *sink)
{
    (void)sink;
}

static int source_start(struct fake_source *source, const struct fake_pcm *pcm)
{
    (void)source;
    (void)pcm;
    return 0;
}

static int source_read(struct fake_source *source, void *data, size_t bytes)
{
    (void)source;
    memset(data, 0x44, bytes);
    return 0;
}

static void source_stop(struct fake_source *source)
{
    (void)source;
}

static const struct fake_sink_ops sink_ops = {sink_start, sink_write, NULL,
                                              sink_stop};
static const struct fake_source_ops source_ops = {source_start, source_read,
                                                  NULL, source_stop, NULL};
static struct fake_sink sink = {&sink_ops};
static struct fake_source source = {&source_ops};

/* ---- the head ------------------------------------------------------------ */

static const uint8_t features[] = {
#define FEATURE(bit) bit,
    FUZZ_DEVICE_FEATURES(FEATURE)
#undef FEATURE
};

static uint64_t read_features(struct guest *g)
{
    uint64_t bits = fuzz_uint(&g->in, 2);
    uint64_t set = F(VIRTIO_F_VERSION_1);

    for (unsigned i = 0; i < sizeof(features); i++) {
        if ((bits >> i & 1) != 0)
            set |= F(features[i]);
    }
    return set;
}

static void make_blk(struct fake_blk_config *blk, uint64_t offered, uint8_t how)
{
    *blk = (struct fake_blk_config){
        .features = offered,
        .sectors = GUEST_SECTORS,
        .size_max = 512,
        .seg_max = 4,
        .blk_size = 512,
        .writeback = 1,
        .num_queues = 3,
        .discard = {8, 2, 1},
        .write_zeroes = {8, 2, 0},
        .secure_erase = {8, 2, 1},
        .pre_eol_info = 1,
        .cache = (how & HOW_CACHE) != 0,
        .nonsense = (how & HOW_NONSENSE) != 0,
        .id = "fuzz",
        .latency_ns = (how & HOW_SLOW) != 0 ? 20000 : 0,
        .order = (how & HOW_LIFO) != 0      ? FAKE_BLK_LIFO
                 : (how & HOW_SHUFFLE) != 0 ? FAKE_BLK_SHUFFLE
                                            : FAKE_BLK_FIFO,
        .hold = (how & HOW_HOLD) != 0 ? 3 : 0,
        .seed = how,
    };
}

static void make_stream(struct fake_snd_stream *s, uint8_t direction)
{
    *s = (struct fake_snd_stream){
        .features =
            F(VIRTIO_SND_PCM_F_MSG_POLLING) | F(VIRTIO_SND_PCM_F_EVT_XRUNS),
        .formats = F(VIRTIO_SND_PCM_FMT_U8) | F(VIRTIO_SND_PCM_FMT_S16) |
                   F(VIRTIO_SND_PCM_FMT_IMA_ADPCM),
        .rates = F(VIRTIO_SND_PCM_RATE_48000) | F(VIRTIO_SND_PCM_RATE_5512),
        .direction = direction,
        .channels_min = 1,
        .channels_max = 2,
    };
}

/* fakedev/snd.h: IN_ORDER is not to be offered. */
static void make_snd(struct fake_snd_config *snd, uint64_t offered, uint8_t how)
{
    *snd = (struct fake_snd_config){
        .features = offered & ~F(VIRTIO_F_IN_ORDER) & ~UINT64_C(0xffffff),
        .jack_count = 2,
        .stream_count = 3,
        .chmap_count = 1,
        .reading = (how & HOW_EAGER) != 0 ? FAKE_SND_EAGER : FAKE_SND_LAZY,
        .flap_ms = (how & HOW_SLOW) != 0 ? 1 : 0,
    };
    snd->jack[0].features = F(VIRTIO_SND_JACK_F_REMAP);
    make_stream(&snd->stream[0], VIRTIO_SND_D_OUTPUT);
    make_stream(&snd->stream[1], VIRTIO_SND_D_INPUT);
    make_stream(&snd->stream[2], VIRTIO_SND_D_OUTPUT);
    snd->chmap[0].channels = 2;
}

/* Returns whether there is one. */
static bool read_fault(struct guest *g, struct fake_fault_rule *rule)
{
    uint64_t which = fuzz_number(&g->in);

    *rule = (struct fake_fault_rule){.where = FAKE_SITE_ANY};
    if (which == 0)
        return false;
    rule->fault = (enum fake_fault)((which - 1) % FAKE_FAULT_COUNT);
    rule->arg = fuzz_number(&g->in);
    rule->nth = fuzz_number(&g->in);
    rule->count = fuzz_number(&g->in);
    return true;
}

static void read_head(struct guest *g, struct fake_machine_config *cfg)
{
    uint64_t offered;
    uint8_t how;

    g->sound = (fuzz_u8(&g->in) & 1) != 0;
    offered = read_features(g);
    how = fuzz_u8(&g->in);
    cfg->queue_size_max = 1 + fuzz_u8(&g->in) % FUZZ_SIZE_MAX;
    cfg->seed = fuzz_u8(&g->in);
    cfg->memory = (how & HOW_BOUNCE) != 0 ? FAKE_MEM_BOUNCE : FAKE_MEM_DIRECT;
    cfg->device_id = g->sound ? VIRTIO_ID_SOUND : VIRTIO_ID_BLOCK;
    if (g->sound)
        make_snd(&cfg->snd, offered, how);
    else
        make_blk(&cfg->blk, offered, how);
    cfg->sink[0] = &sink; /* that of the third stream drops everything */
    cfg->source[1] = &source;
}

/* What is read from it is seen where it goes. */
static struct fake_store *make_store(char *err, size_t room)
{
    struct fake_store *store =
        fake_store_memory(GUEST_SECTORS * 512, err, room);
    uint8_t sector[512];

    FUZZ_LAW(store, "no store: %s", err);
    memset(sector, 0x5c, sizeof(sector));
    for (uint64_t k = 0; k < GUEST_SECTORS; k++)
        FUZZ_LAW(store->ops->write(store, k * 512, sector, 512) == 0,
                 "a store that cannot be written");
    return store;
}

void guest_start(struct guest *g)
{
    struct fake_machine_config cfg = {
        .sched = FAKE_SCHED_STEP,
        .arena_bytes = GUEST_ARENA_BYTES,
        .windows = GUEST_WINDOWS,
        .log = true,
        .log_room = 256,
    };
    struct fake_store *store = NULL;
    char err[160] = "";
    struct fake_fault_rule rule;
    bool faulty;

    read_head(g, &cfg);
    faulty = read_fault(g, &rule);
    if (!g->sound)
        store = make_store(err, sizeof(err));
    g->m = fake_machine_new(&cfg, store, err, sizeof(err));
    FUZZ_LAW(g->m, "no machine: %s", err);
    watch_start(&g->watch, g->m, faulty);
    FUZZ_LAW(guest_alloc(g, GUEST_WORK_BYTES, 64, &g->work),
             "no memory in an empty arena");
    /* Only now: memory may be what fails. */
    FUZZ_LAW(!faulty || fake_fault_plan(&g->m->cfg.faults, &rule) == 0,
             "a plan of one is full");
    memset(g->work.cpu, 0, GUEST_WORK_BYTES);
}

/* What lies outside of the arena is the guest's own to free. */
void guest_stop(struct guest *g)
{
    fake_machine_stop(g->m);
    watch_end(&g->watch);
    fake_machine_free(g->m);
    for (unsigned i = 0; i < GUEST_MEMORIES; i++) {
        if (g->memory[i].cpu && g->memory[i].outside)
            free(g->memory[i].cpu);
    }
}
