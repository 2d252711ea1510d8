// strata-port-echo: answers every datagram that reaches a port by several copies of it, made by the
// product's own fan-out. Shows that a port works end to end before a node is put on it.
#include <rte_eal.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "dataplane/worker/fanout.h"

namespace strata::bench {
namespace {

using namespace dataplane;

constexpr const char* kUsage =
    "usage: strata-port-echo PORT [--copies N] [--udp-port P] [--huge]\n"
    "Opens PORT (\"socket:127.0.0.1\", \"net_tap0,iface=t0;address=10.0.0.1/24\", ...) and\n"
    "answers each datagram of at least 12 bytes by N copies (1 to 64, default 1) to its sender:\n"
    "bytes 2 to 11 are rewritten like an RTP header, the last four of them number the copies.\n"
    "Ends on SIGTERM or SIGINT and prints its counters as JSON.\n";

constexpr std::uint16_t kRtpBytes = 12;
volatile sig_atomic_t stopped = 0;

struct Options {
    std::string port;
    unsigned copies = 1;
    std::uint16_t udp_port = 20'000;
    bool huge = false;
};

relay::TimeUs now_us() {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1'000'000 + t.tv_nsec / 1'000;
}

template <typename T>
bool read_number(const char* text, T& out) {
    const char* end = text + std::strlen(text);
    const auto result = std::from_chars(text, end, out);
    return result.ec == std::errc{} && result.ptr == end;
}

bool read_options(int argc, char** argv, Options& options) {
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        bool good = true;
        if (word == "--copies" && i + 1 < argc)
            good = read_number(argv[++i], options.copies);
        else if (word == "--udp-port" && i + 1 < argc)
            good = read_number(argv[++i], options.udp_port);
        else if (word == "--huge")
            options.huge = true;
        else if (!word.starts_with("-") && options.port.empty())
            options.port = word;
        else
            good = false;
        if (!good) return false;
    }
    return !options.port.empty() && options.copies >= 1 && options.copies <= 64;
}

bool start_eal(const Options& options) {
    const std::string prefix = "--file-prefix=strata-echo-" + std::to_string(getpid());
    std::vector<std::string> words{"strata-port-echo", "--lcores=0",     "-m",  "256",
                                   "--no-telemetry",   "--iova-mode=va", prefix};
    for (const std::string& word : eal_device_arguments({&options.port, 1})) words.push_back(word);
    words.push_back(options.huge ? "--huge-unlink" : "--no-huge");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    return rte_eal_init(static_cast<int>(argv.size()), argv.data()) >= 0;
}

int fail(const PortError& error) {
    std::fprintf(stderr, "strata-port-echo: %s: %s\n", error.object.c_str(), error.message.c_str());
    if (!error.hint.empty()) std::fprintf(stderr, "hint: %s\n", error.hint.c_str());
    return 78;
}

// Receivers that all are the sender of one flow; a link is made when the flow changes.
class Echo {
  public:
    Echo(Port& port, const Pools& pools, unsigned copies)
        : port_(port), fan_out_(port, 0, pools, {}), slots_(copies) {
        for (unsigned i = 0; i < copies; ++i) slots_[i].offsets.ssrc = i;
    }

    void turn(relay::TimeUs now) {
        std::array<rte_mbuf*, 32> packets;
        const std::uint16_t n = port_.rx_burst(0, packets.data(), 32, now);
        for (std::uint16_t i = 0; i < n; ++i) {
            if (packets[i]->data_len >= kRtpBytes) answer(*packets[i], now);
            rte_pktmbuf_free(packets[i]);
        }
        port_.poll_slow(0, now);
        fan_out_.flush(now);
        if (n == 0) usleep(100);
    }

    void print() const {
        const FanOutCounters& f = fan_out_.counters();
        const TxQueueCounters& q = fan_out_.queue().counters();
        std::printf(
            "{\"selected\":%lu,\"chained\":%lu,\"copied_linear\":%lu,\"sent\":%lu,\"held\":%lu",
            f.selected, f.chained, f.copied_linear, q.sent, q.held);
        for (std::size_t c = 0; c < kPortCounters; ++c) {
            const auto counter = static_cast<PortCounter>(c);
            std::printf(",\"%s\":%lu", std::string(name(counter)).c_str(),
                        port_.counters(0)[counter]);
        }
        std::puts("}");
        std::fflush(stdout);
    }

  private:
    void answer(rte_mbuf& packet, relay::TimeUs now) {
        const FlowKey& flow = meta(&packet).flow;
        if (!(flow == flow_)) {
            flow_ = flow;
            for (relay::ReceiverSlot& slot : slots_) {
                if (linked_) port_.release_link(slot.link);
                if (port_.make_link(flow, slot.link) == LinkState::refused) return forget();
            }
            linked_ = true;
        }
        const auto* bytes = rte_pktmbuf_mtod(&packet, const std::uint8_t*);
        output_.header.size = kRtpBytes;
        std::memcpy(output_.header.bytes.data(), bytes, kRtpBytes);
        output_.payload_offset = kRtpBytes;
        output_.payload_size = static_cast<std::uint16_t>(packet.data_len - kRtpBytes);
        output_.receivers = slots_;
        fan_out_.send(packet, {&output_, 1}, TxClass::base, now);
    }

    void forget() {
        flow_ = {};
        linked_ = false;
    }

    Port& port_;
    FanOut fan_out_;
    std::vector<relay::ReceiverSlot> slots_;
    relay::Output output_;
    FlowKey flow_;
    bool linked_ = false;
};

int run(const Options& options) {
    if (const auto good = check_port_spec(options.port); !good) return fail(good.error());
    if (!start_eal(options)) return 1;
    auto port = open_port(options.port, {.base_udp_port = options.udp_port});
    if (!port) return fail(port.error());
    auto pools = Pools::create({.name = "echo",
                                .rx_mbufs = 8'191 + (*port)->needs().rx_mbufs,
                                .header_mbufs = 8'191,
                                .indirect_mbufs = 4'095,
                                .linear_mbufs = (*port)->needs().linear_mbufs});
    if (!pools) return fail(pools.error());
    if (const auto started = (*port)->start(*pools); !started) return fail(started.error());
    std::printf("ready %s\n", to_string((*port)->local_endpoint(0)).c_str());
    std::fflush(stdout);
    {
        Echo echo(**port, *pools, options.copies);
        while (stopped == 0) echo.turn(now_us());
        echo.print();
    }
    port->reset();
    return 0;
}

}  // namespace
}  // namespace strata::bench

int main(int argc, char** argv) {
    strata::bench::Options options;
    if (!strata::bench::read_options(argc, argv, options)) {
        std::fputs(strata::bench::kUsage, stderr);
        return 64;
    }
    struct sigaction action{};
    action.sa_handler = [](int) { strata::bench::stopped = 1; };
    sigaction(SIGTERM, &action, nullptr);
    sigaction(SIGINT, &action, nullptr);
    return strata::bench::run(options);
}
