#pragma once

#include <pthread.h>
#include <rte_mbuf.h>

#include <string>

namespace strata::dataplane {

// What is saved of a worker that doesn't get on. For a process that ends right afterwards: a thread
// whose stack was written stays where it is.

// To be called once while all is well, so that nothing has to be loaded when it isn't.
void prepare_stack_report();

// Writes the stack of `thread`, another one, to `fd`, a line per frame. False: it doesn't take the
// signal.
bool write_stack(int fd, pthread_t thread);

constexpr std::size_t kReportedPacketBytes = 512;
constexpr std::size_t kReportedFrontBytes = 64;

// Who sent the packet, its length, its first kReportedPacketBytes in hexadecimal and what is in its
// buffer in front of them. Null: that there was none.
std::string packet_report(const rte_mbuf* packet);

}  // namespace strata::dataplane
