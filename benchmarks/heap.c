/* Counts what a process has from malloc, and the most of it: see speed_worker.py.

   Built by speed.py, and loaded before all else (LD_PRELOAD). The C library is glibc,
   whose own names the functions below pass on to. Counted are blocks of 4 KB or more:
   tensors and buffers. */

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

enum { SMALLEST = 4096 };

static atomic_long held, most;

/* Bytes in use now. */
long heap_held(void) { return held; }

/* The most since heap_reset(), in bytes. */
long heap_most(void) { return most; }

void heap_reset(void) { most = held; }

static void *counted(void *block, int sign) {
  long size = block ? (long)malloc_usable_size(block) : 0;
  if (size >= SMALLEST) {
    long now = atomic_fetch_add(&held, sign * size) + sign * size;
    long seen = most;
    while (now > seen && !atomic_compare_exchange_weak(&most, &seen, now)) {
    }
  }
  return block;
}

void *malloc(size_t size) { return counted(__libc_malloc(size), 1); }

void *calloc(size_t count, size_t size) {
  return counted(__libc_calloc(count, size), 1);
}

void *realloc(void *block, size_t size) {
  counted(block, -1);
  void *moved = __libc_realloc(block, size);
  if (!moved && size) counted(block, 1); /* failed, so the old one stays */
  return counted(moved, 1);
}

void *memalign(size_t alignment, size_t size) {
  return counted(__libc_memalign(alignment, size), 1);
}

void *aligned_alloc(size_t alignment, size_t size) {
  return memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
  *block = memalign(alignment, size);
  return *block ? 0 : ENOMEM;
}

void free(void *block) { __libc_free(counted(block, -1)); }
