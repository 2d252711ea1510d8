#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "control/dtls/handshake.h"

// How many peers can join in a second on one core of control: DTLS handshakes as a server, against
// a client in the same process whose time isn't counted. Prints one row of JSON. usage:
// strata-bench-join [HANDSHAKES]
namespace strata::control {
namespace {

double thread_cpu_us() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

using ContextPtr = std::shared_ptr<const DtlsContext>;

// One whole handshake; returns the server's processor time, or ends the program.
double handshake_us(const ContextPtr& ours, const ContextPtr& theirs) {
    Handshake client(theirs, DtlsRole::client, ours->fingerprint());
    client.start();
    double spent = -thread_cpu_us();
    Handshake server(ours, DtlsRole::server, theirs->fingerprint());
    spent += thread_cpu_us();
    while (server.state() == Handshake::State::running) {
        while (const auto datagram = client.next_output()) {
            spent -= thread_cpu_us();
            server.receive(*datagram);
            spent += thread_cpu_us();
        }
        while (const auto datagram = server.next_output()) client.receive(*datagram);
    }
    if (server.state() == Handshake::State::done) return spent;
    std::fprintf(stderr, "strata-bench-join: %s\n", server.failure().c_str());
    std::exit(1);
}

}  // namespace
}  // namespace strata::control

int main(int argc, char** argv) {
    using namespace strata::control;
    const int count = argc > 1 ? std::atoi(argv[1]) : 500;
    const auto ours = DtlsContext::make(1), theirs = DtlsContext::make(1);
    if (count < 1 || !ours || !theirs) return 1;
    handshake_us(*ours, *theirs);  // tables and caches
    double total = 0;
    for (int i = 0; i < count; ++i) total += handshake_us(*ours, *theirs);
    const double each = total / count;
    std::printf(
        "{\"bench\":\"join\",\"handshakes\":%d,\"server_cpu_us\":%.1f,"
        "\"per_second_and_core\":%.0f}\n",
        count, each, 1e6 / each);
}
