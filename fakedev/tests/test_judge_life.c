/* SPDX-License-Identifier: MIT
 *
 * test_judge_life.c: the life cycle of a stream (5.14.6.6.1) as the judge has
 * it: every command after every other one.
 */
#include "judged_snd.h"

#include <string.h>

#define CLAUSE "prose-5.14.6.6.1-1"

enum { NOTHING, SET, PREPARE, START, STOP, RELEASE, COMMANDS };

static const char *const names[COMMANDS] = {"nothing", "SET_PARAMS", "PREPARE",
                                            "START",   "STOP",       "RELEASE"};

/* The list of 5.14.6.6.1, transcribed: after a row, what may follow. It begins
 * with SET_PARAMS. */
static const bool valid[COMMANDS][COMMANDS] = {
    [NOTHING] = {[SET] = true},
    [SET] = {[SET] = true, [PREPARE] = true},
    [PREPARE] =
        {[SET] = true, [PREPARE] = true, [START] = true, [RELEASE] = true},
    [START] = {[STOP] = true},
    [STOP] = {[START] = true, [RELEASE] = true},
    [RELEASE] = {[SET] = true, [PREPARE] = true},
};

static const uint32_t codes[COMMANDS] = {
    [PREPARE] = VIRTIO_SND_R_PCM_PREPARE,
    [START] = VIRTIO_SND_R_PCM_START,
    [STOP] = VIRTIO_SND_R_PCM_STOP,
    [RELEASE] = VIRTIO_SND_R_PCM_RELEASE,
};

static void tell(struct judged *j, uint32_t stream, int what)
{
    if (what == SET)
        set(j, good(stream));
    else
        command(j, codes[what], stream);
}

/* By the shortest way: each is valid after the one before it. */
static void bring(struct judged *j, uint32_t stream, int last)
{
    for (int what = SET; what <= last; what++)
        tell(j, stream, what);
}

static bool is_guilty(struct judged *j)
{
    const struct fake_violation *list;
    size_t n = fake_judge_violations(j->judge, &list);
    bool guilty = false;

    for (size_t k = 0; k < n; k++)
        guilty |= strcmp(list[k].clause, CLAUSE) == 0;
    return guilty;
}

static void check(struct judged *j, int last, int what)
{
    if (is_guilty(j) == valid[last][what])
        fail_msg("%s after %s", names[what], names[last]);
    fake_judge_free(j->judge);
}

static void test_judge_knows_every_command_after_every_other(void **state)
{
    (void)state;
    for (int last = NOTHING; last < COMMANDS; last++)
        for (int what = SET; what < COMMANDS; what++) {
            struct judged j;

            memset(&j, 0, sizeof(j));
            plug_in(&j);
            bring(&j, 0, last);
            assert_false(is_guilty(&j));
            tell(&j, 0, what);
            check(&j, last, what);
        }
}

/* Wherever stream 0 stands in its own life. */
static void test_judge_lets_each_stream_live_its_own_life(void **state)
{
    (void)state;
    for (int other = NOTHING; other < COMMANDS; other++)
        for (int last = NOTHING; last < COMMANDS; last++)
            for (int what = SET; what < COMMANDS; what++) {
                struct judged j;

                memset(&j, 0, sizeof(j));
                plug_in(&j);
                bring(&j, 2, last);
                bring(&j, 0, other);
                assert_false(is_guilty(&j));
                tell(&j, 2, what);
                check(&j, last, what);
            }
}

/* A command that was refused is judged as well, but leaves the stream where it
 * was. */
static void test_judge_goes_by_what_the_device_has_done(void **state)
{
    (void)state;
    for (int last = SET; last < COMMANDS; last++)
        for (int refused = SET; refused < COMMANDS; refused++)
            for (int what = SET; what < COMMANDS; what++) {
                struct judged j;

                if (!valid[last][refused])
                    continue;
                memset(&j, 0, sizeof(j));
                plug_in(&j);
                bring(&j, 0, last);
                if (refused == SET)
                    set_is(&j, good(0), VIRTIO_SND_S_IO_ERR);
                else
                    control(&j, codes[refused], 0, VIRTIO_SND_S_IO_ERR, 4);
                assert_false(is_guilty(&j));
                tell(&j, 0, what);
                check(&j, last, what);
            }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judge_knows_every_command_after_every_other),
        cmocka_unit_test(test_judge_lets_each_stream_live_its_own_life),
        cmocka_unit_test(test_judge_goes_by_what_the_device_has_done),
    };

    return cmocka_run_group_tests_name("judge life", tests, NULL, NULL);
}
