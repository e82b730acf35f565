/* SPDX-License-Identifier: MIT
 *
 * test_guard.c: pages that can be touched only by the side whose turn it is. A
 * touch is told as it happens, and then happens.
 */
#include "guest.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#define BYTES 100u

struct fixture {
    struct guest g;
    struct fake_ring ring;
    volatile uint8_t *out, *in; /* as the driver has them */
    uint64_t out_dma, in_dma;
    struct fake_chain *chain;
    uint64_t lent;
};

static void up(struct fixture *f)
{
    memset(f, 0, sizeof(*f));
    guest_init_ledger(&f->g, 8, 0, FAKE_MEM_GUARDED);
    f->out = guest_mem(&f->g, 3 * BYTES) + BYTES;
    f->in = guest_mem(&f->g, 3 * BYTES) + BYTES;
    f->out_dma =
        guest_share(&f->g, (void *)(uintptr_t)f->out, BYTES, FAKE_TO_DEVICE);
    f->in_dma =
        guest_share(&f->g, (void *)(uintptr_t)f->in, BYTES, FAKE_FROM_DEVICE);
    assert_int_equal(
        fake_ring_up(&f->ring, &f->g.arena, &f->g.log, &f->g.faults, &f->g.cfg),
        0);
    guest_desc(&f->g, 0, f->out_dma, BYTES, NEXT, 1);
    guest_desc(&f->g, 1, f->in_dma, BYTES, WRITE, 0);
}

static void lend(struct fixture *f)
{
    guest_publish(&f->g, 0);
    f->chain = fake_ring_take(&f->ring);
    assert_non_null(f->chain);
    f->lent = f->g.log.count - 1;
}

static void give_back(struct fixture *f)
{
    fake_ring_complete(&f->ring, f->chain, BYTES);
}

static void down(struct fixture *f)
{
    fake_ring_down(&f->ring);
    guest_free(&f->g);
}

/* What was put in a handler is delivered with the next event. */
static const struct fake_event *expect_one(struct fixture *f, uint64_t addr,
                                           enum fake_trespass how,
                                           uint64_t since)
{
    const struct fake_event *e;

    fake_log_settle(&f->g.log);
    e = guest_event(&f->g, FAKE_EV_TRESPASS, 0);
    assert_int_equal(guest_count(&f->g, FAKE_EV_TRESPASS), 1);
    assert_int_equal(e->arg[0], addr);
    assert_int_equal(e->arg[2], how);
    assert_int_equal(e->arg[3], since);
    return e;
}

static void expect_none(struct fixture *f)
{
    fake_log_settle(&f->g.log);
    assert_int_equal(guest_count(&f->g, FAKE_EV_TRESPASS), 0);
}

static void test_load_of_what_the_device_writes_is_told_and_done(void **state)
{
    struct fixture f;

    (void)state;
    up(&f);
    f.in[3] = 77;
    lend(&f);
    assert_int_equal(f.in[3], 77);
    assert_int_equal(f.in[4], 0); /* once per page and loan */
    expect_one(&f, f.in_dma + 3, FAKE_TRESPASS_READ_WRITABLE, f.lent);
    give_back(&f);
    down(&f);
}

static void test_store_to_what_the_device_reads_is_told_and_done(void **state)
{
    struct fixture f;
    uint8_t seen;

    (void)state;
    up(&f);
    lend(&f);
    assert_int_equal(f.out[5], 0); /* a load is no trespass */
    expect_none(&f);
    f.out[5] = 1;
    fake_chain_read(f.chain, 5, &seen, 1);
    assert_int_equal(seen, 1);
    give_back(&f);
    expect_one(&f, f.out_dma + 5, FAKE_TRESPASS_WROTE_READABLE, f.lent);
    down(&f);
}

static void test_store_to_what_the_device_writes_is_told_as_one(void **state)
{
    struct fixture f;

    (void)state;
    up(&f);
    lend(&f);
    f.in[0] = 1;
    give_back(&f);
#if defined(__x86_64__)
    expect_one(&f, f.in_dma, FAKE_TRESPASS_WROTE_WRITABLE, f.lent);
#else
    fake_log_settle(&f.g.log);
    assert_int_equal(guest_count(&f.g, FAKE_EV_TRESPASS), 1);
#endif
    down(&f);
}

static void test_what_came_back_may_be_touched(void **state)
{
    const uint8_t answer[BYTES] = {1, 2, 3};
    struct fixture f;

    (void)state;
    up(&f);
    for (unsigned k = 0; k < 50; k++) {
        lend(&f);
        assert_int_equal(fake_chain_write(f.chain, 0, answer, BYTES), BYTES);
        give_back(&f);
        assert_int_equal(f.in[1], 2);
        f.in[1] = f.out[1] = (uint8_t)k;
    }
    expect_none(&f);
    assert_int_equal(fake_ledger_astray(f.g.arena.ledger), 0);
    down(&f);
}

static void test_bytes_beside_a_loan_may_be_touched(void **state)
{
    struct fixture f;

    (void)state;
    up(&f);
    lend(&f);
    f.in[-1] = 1;
    f.in[BYTES] = 1;
    f.out[BYTES] = 1;
    give_back(&f);
    expect_none(&f);
    /* The next loan closes the page again. */
    lend(&f);
    assert_int_equal(f.in[0], 0);
    expect_one(&f, f.in_dma, FAKE_TRESPASS_READ_WRITABLE, f.lent);
    down(&f);
}

static void test_queue_that_stops_opens_its_pages(void **state)
{
    struct fixture f;

    (void)state;
    up(&f);
    lend(&f);
    fake_ring_down(&f.ring);
    f.in[0] = f.out[0] = 1;
    expect_none(&f);
    down(&f);
}

static void test_freed_buffer_is_anybodys(void **state)
{
    struct fixture f;
    volatile uint8_t *mem;

    (void)state;
    up(&f);
    lend(&f);
    fake_arena_give(&f.g.arena, (void *)(uintptr_t)(f.in - BYTES));
    mem = guest_mem(&f.g, 3 * BYTES);
    assert_ptr_equal(mem, f.in - BYTES);
    mem[0] = 1;
    expect_none(&f);
    down(&f);
}

/* ---- the device ---- */

/* As a model that is wrong would. */
static volatile uint8_t *as_device(struct fixture *f, volatile uint8_t *at)
{
    return f->g.arena.device + (at - f->g.arena.base);
}

static void test_device_that_writes_what_it_gave_back_is_named(void **state)
{
    struct fixture f;
    uint64_t used;

    (void)state;
    up(&f);
    lend(&f);
    give_back(&f);
    used = f.g.log.count - 1;
    as_device(&f, f.in)[0] = 1;
    assert_int_equal(f.in[0], 1);
    expect_one(&f, (uint64_t)(f.in - f.g.arena.base),
               FAKE_TRESPASS_DEVICE_WROTE_GIVEN, used);
    assert_int_equal(fake_ledger_astray(f.g.arena.ledger), 1);
    down(&f);
}

static void test_device_that_writes_what_it_may_read_is_named(void **state)
{
    struct fixture f;

    (void)state;
    up(&f);
    lend(&f);
    as_device(&f, f.out)[7] = 1;
    expect_one(&f, f.out_dma + 7, FAKE_TRESPASS_DEVICE_WROTE_READABLE, f.lent);
    assert_int_equal(fake_ledger_astray(f.g.arena.ledger), 1);
    down(&f);
}

/* ---- the process ---- */

static void test_one_ledger_guards_at_a_time(void **state)
{
    struct fixture f;

    (void)state;
    up(&f);
    assert_null(fake_ledger_new(&f.g.arena, &f.g.log, true));
    lend(&f);
    assert_int_equal(f.in[0], 0);
    expect_one(&f, f.in_dma, FAKE_TRESPASS_READ_WRITABLE, f.lent);
    down(&f);
    up(&f); /* and another one after it */
    down(&f);
}

static volatile sig_atomic_t foreign;
static uint8_t *foreign_page;

static void open_foreign(int number)
{
    (void)number;
    foreign = foreign + 1;
    (void)mprotect(foreign_page, 4096, PROT_READ | PROT_WRITE);
}

static void test_fault_of_somebody_else_goes_to_who_was_there(void **state)
{
    struct sigaction mine = {.sa_handler = open_foreign}, old;
    struct fixture f;

    (void)state;
    assert_int_equal(sigaction(SIGSEGV, &mine, &old), 0);
    foreign_page = aligned_alloc(4096, 4096);
    assert_non_null(foreign_page);
    (void)mprotect(foreign_page, 4096, PROT_NONE);
    up(&f);
    *(volatile uint8_t *)foreign_page = 1;
    assert_int_equal(foreign, 1);
    expect_none(&f);
    down(&f);
    /* It has it back, too. */
    (void)mprotect(foreign_page, 4096, PROT_NONE);
    *(volatile uint8_t *)foreign_page = 1;
    assert_int_equal(foreign, 2);
    free(foreign_page);
    (void)sigaction(SIGSEGV, &old, NULL);
}

/* ---- two threads ---- */

#define TURNS 2000u

struct duel {
    struct fixture f;
    atomic_uint published, done; /* turns */
};

static void *device_thread(void *arg)
{
    const uint8_t answer[BYTES] = {1};
    struct duel *d = arg;

    for (unsigned turn = 0; turn < TURNS; turn++) {
        struct fake_chain *chain;

        while (atomic_load(&d->published) == turn)
            (void)sched_yield();
        chain = fake_ring_take(&d->f.ring);
        if (!chain) {
            atomic_store(&d->done, TURNS); /* nobody waits for it */
            return d;
        }
        fake_chain_write(chain, 0, answer, BYTES);
        fake_ring_complete(&d->f.ring, chain, BYTES);
        atomic_store(&d->done, turn + 1);
    }
    return NULL;
}

/* The driver touches what is beside its buffers all the time, and the buffers
 * only when it has them: pages close under its hands, and nobody is accused. */
static void test_pages_close_and_open_under_a_running_driver(void **state)
{
    static struct duel d;
    pthread_t thread;
    void *failed;

    (void)state;
    up(&d.f);
    assert_int_equal(pthread_create(&thread, NULL, device_thread, &d), 0);
    for (unsigned turn = 0; turn < TURNS; turn++) {
        d.f.out[0] = (uint8_t)turn;
        d.f.in[0] = (uint8_t)turn;
        guest_publish(&d.f.g, 0);
        atomic_store(&d.published, turn + 1);
        while (atomic_load(&d.done) == turn) {
            d.f.in[BYTES] = (uint8_t)turn;
            d.f.out[BYTES] = (uint8_t)turn;
        }
        assert_int_equal(d.f.in[0], 1);
    }
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    expect_none(&d.f);
    down(&d.f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load_of_what_the_device_writes_is_told_and_done),
        cmocka_unit_test(test_store_to_what_the_device_reads_is_told_and_done),
        cmocka_unit_test(test_store_to_what_the_device_writes_is_told_as_one),
        cmocka_unit_test(test_what_came_back_may_be_touched),
        cmocka_unit_test(test_bytes_beside_a_loan_may_be_touched),
        cmocka_unit_test(test_queue_that_stops_opens_its_pages),
        cmocka_unit_test(test_freed_buffer_is_anybodys),
        cmocka_unit_test(test_device_that_writes_what_it_gave_back_is_named),
        cmocka_unit_test(test_device_that_writes_what_it_may_read_is_named),
        cmocka_unit_test(test_one_ledger_guards_at_a_time),
        cmocka_unit_test(test_fault_of_somebody_else_goes_to_who_was_there),
        cmocka_unit_test(test_pages_close_and_open_under_a_running_driver),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
