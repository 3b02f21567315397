/* The cores' multiply-add peak: single precision, as wide as the compiler may make it for this machine. A thread a core, ten
   independent chains each, so that neither latency nor memory limits. Prints GFLOP/s, a multiply-add counted as two.

     gcc -O3 -march=native -pthread flops.c -o flops && ./flops [threads] [seconds]                                        */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef __AVX512F__
#define LANES 16
#else
#define LANES 8
#endif
#define CHAINS 10
typedef float vector __attribute__((vector_size(LANES * sizeof(float))));

static double limit_seconds = 1;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

static void *chains(void *result) {
    vector x[CHAINS], factor, term;
    for (int lane = 0; lane < LANES; lane++) {
        factor[lane] = 0.999f;
        term[lane] = 0.001f;
    }
    for (int i = 0; i < CHAINS; i++) x[i] = term * (float)i;
    double begin = now(), seconds, steps = 0;
    do {
        for (int n = 0; n < 1000000; n++) {
#pragma GCC unroll 10
            for (int i = 0; i < CHAINS; i++) x[i] = x[i] * factor + term;
        }
        steps += 1e6;
        seconds = now() - begin;
    } while (seconds < limit_seconds);
    vector sum = x[0];
    for (int i = 1; i < CHAINS; i++) sum += x[i];
    volatile float kept = sum[0]; /* else the chains are dead code */
    (void)kept;
    *(double *)result = 2e-9 * LANES * CHAINS * steps / seconds;
    return NULL;
}

int main(int argc, char **argv) {
    int threads = argc > 1 ? atoi(argv[1]) : 1;
    if (argc > 2) limit_seconds = atof(argv[2]);
    pthread_t *thread = malloc(threads * sizeof *thread);
    double *rate = malloc(threads * sizeof *rate), sum = 0;
    for (int i = 0; i < threads; i++) pthread_create(&thread[i], NULL, chains, &rate[i]);
    for (int i = 0; i < threads; i++) {
        pthread_join(thread[i], NULL);
        sum += rate[i];
    }
    printf("%.1f\n", sum);
    free(thread);
    free(rate);
    return 0;
}
