/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "pool.h"

/* What the jobs of a test do: one letter each. */
static const char *plan;

#define JOBS_MAX 64

static struct {
    struct rig_result result;
    unsigned times; /* done was called */
    char output[RIG_POOL_TAIL + 1];
} seen[JOBS_MAX];
static unsigned done_count;
static int notice[2]; /* a pipe from child to test */

static void print_much(void)
{
    int line;

    for (line = 0; line < 100000; line++)
        printf("line %d of much output\n", line);
}

static void run(void *ctx, size_t k, struct rig_result *out)
{
    (void)ctx;
    out->verdict = RIG_PASS;
    snprintf(out->reason, sizeof(out->reason), "job %zu", k);
    switch (plan[k]) {
    case 's':
        printf("last words");
        signal(SIGSEGV, SIG_DFL); /* whatever a sanitizer has installed */
        raise(SIGSEGV);
        break;
    case 'a':
        signal(SIGABRT, SIG_DFL);
        abort();
    case 'l':
        for (;;)
            ;
    case 'x':
        exit(3);
    case 'X':
        _exit(0);
    case 'm':
        print_much();
        break;
    case 'M':
        print_much();
        fflush(stdout);
        _exit(1);
    case 'e':
        out->verdict = RIG_ERROR;
        fprintf(stderr, "bench trouble\n");
        break;
    case 'f': /* closes what is not its own, and goes on for ever */
        for (k = 3; k < 64; k++)
            close((int)k);
        for (;;)
            ;
    case 'g': /* a grandchild holds every descriptor open */
        if (fork() == 0)
            for (;;)
                pause();
        break;
    case 'r':
        if (read(STDIN_FILENO, out->reason, 1) == 0)
            strcpy(out->reason, "end of file");
        break;
    case 'o':
        fputs("SUMMARY: FakeSanitizer: heap-use-after-free in x.c:1\n", stderr);
        _exit(1);
    case 'n': /* tells that it runs, then waits to be killed */
        if (write(notice[1], "n", 1) == 1)
            for (;;)
                pause();
        break;
    default:
        break;
    }
}

static void done(void *ctx, size_t k, struct rig_result *result)
{
    (void)ctx;
    seen[k].result = *result;
    seen[k].times++;
    if (result->output)
        strcpy(seen[k].output, result->output);
    done_count++;
}

static int run_plan(const char *letters, unsigned at_once, uint64_t deadline)
{
    const struct rig_pool pool = {
        strlen(letters), at_once, deadline, run, done, NULL};

    plan = letters;
    memset(seen, 0, sizeof(seen));
    done_count = 0;
    return rig_pool_run(&pool);
}

static void expect(size_t k, enum rig_verdict verdict, const char *reason)
{
    assert_int_equal(seen[k].times, 1);
    if (seen[k].result.verdict != verdict ||
        !strstr(seen[k].result.reason, reason))
        fail_msg("job %zu: %s: %s", k, rig_verdict_name(seen[k].result.verdict),
                 seen[k].result.reason);
}

static void expect_no_children(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void test_runs_every_job_once(void **state)
{
    static const unsigned at_once[] = {1, 3, 64};
    size_t a, k;

    (void)state;
    for (a = 0; a < 3; a++) {
        char reason[32];

        assert_int_equal(run_plan("pppppppppppppppppppp", at_once[a], 10000),
                         0);
        assert_int_equal(done_count, 20);
        for (k = 0; k < 20; k++) {
            snprintf(reason, sizeof(reason), "job %zu", k);
            expect(k, RIG_PASS, reason);
        }
    }
    expect_no_children();
}

static void test_nothing_to_do_is_done_at_once(void **state)
{
    (void)state;
    assert_int_equal(run_plan("", 2, 10000), 0);
    assert_int_equal(done_count, 0);
}

static void test_signal_is_a_crash_of_that_job_alone(void **state)
{
    (void)state;
    assert_int_equal(run_plan("psap", 2, 10000), 0);
    expect(0, RIG_PASS, "");
    expect(1, RIG_CRASH, "died by SIGSEGV (signal 11");
    assert_string_equal(seen[1].output, "last words");
    expect(2, RIG_CRASH, "died by SIGABRT (signal 6");
    expect(3, RIG_PASS, "");
}

static void test_endless_job_is_hung_and_the_run_goes_on(void **state)
{
    (void)state;
    assert_int_equal(run_plan("lpfp", 1, 200), 0);
    expect(0, RIG_HUNG, "killed after 0.2 s");
    assert_true(seen[0].result.ms >= 190);
    expect(1, RIG_PASS, "");
    expect(2, RIG_HUNG, "killed after 0.2 s");
    expect(3, RIG_PASS, "");
    expect_no_children();
}

static void test_exit_before_the_end_is_a_crash(void **state)
{
    (void)state;
    assert_int_equal(run_plan("xX", 2, 10000), 0);
    expect(0, RIG_CRASH, "exited with status 3 before the case was over");
    expect(1, RIG_CRASH, "exited with status 0 before the case was over");
}

static void test_sanitizer_report_is_a_crash_with_its_summary(void **state)
{
    (void)state;
    assert_int_equal(run_plan("o", 1, 10000), 0);
    expect(0, RIG_CRASH,
           "sanitizer report: FakeSanitizer: heap-use-after-free in x.c:1");
}

static void test_much_output_is_read_and_its_tail_kept(void **state)
{
    (void)state;
    assert_int_equal(run_plan("mM", 2, 30000), 0);
    expect(0, RIG_PASS, "");
    assert_null(seen[0].result.output);
    expect(1, RIG_CRASH, "");
    assert_int_equal(strncmp(seen[1].output, "line ", 5), 0);
    assert_non_null(strstr(seen[1].output, "line 99999 of much output\n"));
}

static void test_output_explains_an_error_of_the_bench(void **state)
{
    (void)state;
    assert_int_equal(run_plan("e", 1, 10000), 0);
    expect(0, RIG_ERROR, "job 0");
    assert_string_equal(seen[0].output, "bench trouble\n");
}

static void test_grandchild_neither_delays_nor_survives(void **state)
{
    uint64_t start = rig_now_ms();

    (void)state;
    assert_int_equal(run_plan("g", 1, 60000), 0);
    expect(0, RIG_PASS, "");
    assert_true(rig_now_ms() - start < 30000);
}

static void test_stdin_is_empty(void **state)
{
    (void)state;
    assert_int_equal(run_plan("r", 1, 10000), 0);
    expect(0, RIG_PASS, "end of file");
}

/* SIGINT comes while one job waits for ever: the others are reported. */
static void interrupting_done(void *ctx, size_t k, struct rig_result *result)
{
    char byte;

    done(ctx, k, result);
    assert_int_equal(read(notice[0], &byte, 1), 1);
    kill(getpid(), SIGINT);
}

static void test_interrupt_kills_what_runs_and_keeps_what_is_done(void **state)
{
    const struct rig_pool pool = {4, 2, 60000, run, interrupting_done, NULL};

    (void)state;
    assert_int_equal(pipe(notice), 0);
    memset(seen, 0, sizeof(seen));
    done_count = 0;
    plan = "pnnn";
    assert_int_equal(rig_pool_run(&pool), SIGINT);
    assert_int_equal(done_count, 1);
    expect(0, RIG_PASS, "");
    expect_no_children();
    close(notice[0]);
    close(notice[1]);
}

static void test_signal_handlers_are_put_back(void **state)
{
    struct sigaction action;

    (void)state;
    signal(SIGINT, SIG_IGN);
    assert_int_equal(run_plan("p", 1, 10000), 0);
    sigaction(SIGINT, NULL, &action);
    assert_true(action.sa_handler == SIG_IGN);
    signal(SIGINT, SIG_DFL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_every_job_once),
        cmocka_unit_test(test_nothing_to_do_is_done_at_once),
        cmocka_unit_test(test_signal_is_a_crash_of_that_job_alone),
        cmocka_unit_test(test_endless_job_is_hung_and_the_run_goes_on),
        cmocka_unit_test(test_exit_before_the_end_is_a_crash),
        cmocka_unit_test(test_sanitizer_report_is_a_crash_with_its_summary),
        cmocka_unit_test(test_much_output_is_read_and_its_tail_kept),
        cmocka_unit_test(test_output_explains_an_error_of_the_bench),
        cmocka_unit_test(test_grandchild_neither_delays_nor_survives),
        cmocka_unit_test(test_stdin_is_empty),
        cmocka_unit_test(test_interrupt_kills_what_runs_and_keeps_what_is_done),
        cmocka_unit_test(test_signal_handlers_are_put_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
