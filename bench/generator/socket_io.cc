#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "bench/generator/packet_io.h"

namespace strata::gen {
namespace {

constexpr std::size_t kBatch = 64, kDatagramSize = 2048;
constexpr int kSocketBufferBytes = 8 << 20;
constexpr std::uint64_t kNtpOfUnixEpoch_s = 2'208'988'800;  // RFC 868

std::int64_t clock_us(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return now.tv_sec * 1'000'000 + now.tv_nsec / 1000;
}

socklen_t to_sockaddr(const Address& address, sockaddr_storage& out) {
    out = {};
    if (address.v6) {
        auto& in6 = reinterpret_cast<sockaddr_in6&>(out);
        in6.sin6_family = AF_INET6;
        in6.sin6_port = htons(address.port);
        std::memcpy(&in6.sin6_addr, address.ip.data(), 16);
        return sizeof(in6);
    }
    auto& in = reinterpret_cast<sockaddr_in&>(out);
    in.sin_family = AF_INET;
    in.sin_port = htons(address.port);
    std::memcpy(&in.sin_addr, address.ip.data(), 4);
    return sizeof(in);
}

Address from_sockaddr(const sockaddr_storage& from) {
    Address address;
    if (from.ss_family == AF_INET6) {
        const auto& in6 = reinterpret_cast<const sockaddr_in6&>(from);
        address.v6 = true;
        address.port = ntohs(in6.sin6_port);
        std::memcpy(address.ip.data(), &in6.sin6_addr, 16);
    } else {
        const auto& in = reinterpret_cast<const sockaddr_in&>(from);
        address.port = ntohs(in.sin_port);
        std::memcpy(address.ip.data(), &in.sin_addr, 4);
    }
    return address;
}

void enlarge(int fd, int option, int forced) {
    const int size = kSocketBufferBytes;
    if (setsockopt(fd, SOL_SOCKET, forced, &size, sizeof(size)) != 0)
        setsockopt(fd, SOL_SOCKET, option, &size, sizeof(size));
}

class SocketIo final : public PacketIo {
  public:
    SocketIo() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
        if (epoll_ < 0) throw IoError("epoll_create1: " + std::string(std::strerror(errno)));
    }
    ~SocketIo() override {
        for (const Endpoint& e : endpoints_) ::close(e.fd);
        ::close(epoll_);
    }

    int open(const Address& local) override;
    Address local_address(int endpoint) const override {
        return endpoints_[static_cast<std::size_t>(endpoint)].local;
    }
    bool send(int endpoint, const Address& remote, std::span<const std::uint8_t> bytes) override;
    void flush() override;
    std::size_t receive(Sink& sink) override;
    void wait(std::int64_t until_us) override;
    IoCounters counters() const override { return counters_; }

  private:
    struct Endpoint {
        int fd = -1;
        Address local;
        std::uint32_t kernel_drops = 0;
    };
    struct Queued {
        int endpoint = -1;
        Address remote;
        std::vector<std::uint8_t> bytes;
    };

    std::size_t receive_from(int endpoint, Sink& sink, std::int64_t wall_to_monotonic_us);
    void send_run(std::size_t first, std::size_t count);
    std::int64_t read_control(msghdr& message, Endpoint& endpoint, std::int64_t offset_us);

    int epoll_;
    std::vector<Endpoint> endpoints_;
    std::vector<Queued> queue_;
    std::size_t queued_ = 0;
    std::vector<std::uint8_t> buffer_ = std::vector<std::uint8_t>(kBatch * kDatagramSize);
    IoCounters counters_;
};

int SocketIo::open(const Address& local) {
    for (std::size_t i = 0; local.port != 0 && i < endpoints_.size(); ++i)
        if (endpoints_[i].local == local) return static_cast<int>(i);
    const int fd =
        ::socket(local.v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) throw IoError("socket: " + std::string(std::strerror(errno)));
    enlarge(fd, SO_RCVBUF, SO_RCVBUFFORCE);
    enlarge(fd, SO_SNDBUF, SO_SNDBUFFORCE);
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on));
    sockaddr_storage address;
    socklen_t size = to_sockaddr(local, address);
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0) {
        const std::string why = std::strerror(errno);
        ::close(fd);
        throw IoError("bind " + to_string(local) + ": " + why +
                      " (another program uses it, or the address isn't this machine's)");
    }
    size = sizeof(address);
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    endpoints_.push_back({fd, from_sockaddr(address), 0});
    const int endpoint = static_cast<int>(endpoints_.size()) - 1;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = endpoint;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    return endpoint;
}

bool SocketIo::send(int endpoint, const Address& remote, std::span<const std::uint8_t> bytes) {
    if (queued_ == queue_.size()) queue_.emplace_back();
    Queued& q = queue_[queued_++];
    q.endpoint = endpoint;
    q.remote = remote;
    q.bytes.assign(bytes.begin(), bytes.end());
    if (queued_ >= kBatch) flush();
    return true;
}

void SocketIo::flush() {
    std::size_t first = 0;
    while (first < queued_) {
        std::size_t end = first + 1;
        while (end < queued_ && queue_[end].endpoint == queue_[first].endpoint) ++end;
        send_run(first, end - first);
        first = end;
    }
    queued_ = 0;
}

void SocketIo::send_run(std::size_t first, std::size_t count) {
    sockaddr_storage addresses[kBatch];
    iovec vectors[kBatch];
    mmsghdr messages[kBatch] = {};
    for (std::size_t i = 0; i < count; ++i) {
        Queued& q = queue_[first + i];
        vectors[i] = {q.bytes.data(), q.bytes.size()};
        messages[i].msg_hdr.msg_namelen = to_sockaddr(q.remote, addresses[i]);
        messages[i].msg_hdr.msg_name = &addresses[i];
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int fd = endpoints_[static_cast<std::size_t>(queue_[first].endpoint)].fd;
    std::size_t done = 0;
    int retries = 100;  // of 100 µs: a full socket buffer drains at the device's speed
    while (done < count) {
        const int sent = sendmmsg(fd, messages + done, static_cast<unsigned>(count - done), 0);
        if (sent > 0) {
            for (int i = 0; i < sent; ++i)
                counters_.sent_bytes += messages[done + static_cast<std::size_t>(i)].msg_len;
            counters_.sent += static_cast<std::uint64_t>(sent);
            done += static_cast<std::size_t>(sent);
        } else if ((errno == EAGAIN || errno == ENOBUFS) && retries-- > 0) {
            usleep(100);
        } else if (errno == ECONNREFUSED && retries-- > 0) {
            continue;  // news of an earlier datagram; this one wasn't tried yet
        } else {
            ++counters_.send_failed;
            ++done;
        }
    }
}

std::int64_t SocketIo::read_control(msghdr& message, Endpoint& endpoint, std::int64_t offset_us) {
    std::int64_t time_us = 0;
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != SOL_SOCKET) continue;
        if (c->cmsg_type == SCM_TIMESTAMPNS) {
            timespec t;
            std::memcpy(&t, CMSG_DATA(c), sizeof(t));
            time_us = t.tv_sec * 1'000'000 + t.tv_nsec / 1000 - offset_us;
        } else if (c->cmsg_type == SO_RXQ_OVFL) {
            std::uint32_t drops;
            std::memcpy(&drops, CMSG_DATA(c), sizeof(drops));
            counters_.receive_dropped += drops - endpoint.kernel_drops;
            endpoint.kernel_drops = drops;
        }
    }
    return time_us;
}

std::size_t SocketIo::receive_from(int endpoint, Sink& sink, std::int64_t offset_us) {
    Endpoint& e = endpoints_[static_cast<std::size_t>(endpoint)];
    sockaddr_storage addresses[kBatch];
    iovec vectors[kBatch];
    mmsghdr messages[kBatch] = {};
    alignas(cmsghdr) std::uint8_t control[kBatch][128];
    for (std::size_t i = 0; i < kBatch; ++i) {
        vectors[i] = {&buffer_[i * kDatagramSize], kDatagramSize};
        messages[i].msg_hdr = {
            &addresses[i], sizeof(addresses[i]), &vectors[i], 1, control[i], sizeof(control[i]), 0};
    }
    const int got = recvmmsg(e.fd, messages, kBatch, MSG_DONTWAIT, nullptr);
    if (got <= 0) return 0;
    const std::int64_t now_us = monotonic_us();
    for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) {
        ReceivedDatagram datagram;
        datagram.endpoint = endpoint;
        datagram.remote = from_sockaddr(addresses[i]);
        const std::int64_t time_us = read_control(messages[i].msg_hdr, e, offset_us);
        datagram.time_us = time_us == 0 ? now_us : std::min(time_us, now_us);
        datagram.bytes = {&buffer_[i * kDatagramSize], messages[i].msg_len};
        ++counters_.received;
        counters_.received_bytes += messages[i].msg_len;
        sink.on_datagram(datagram);
    }
    return static_cast<std::size_t>(got);
}

std::size_t SocketIo::receive(Sink& sink) {
    epoll_event events[64];
    const int ready = epoll_wait(epoll_, events, 64, 0);
    const std::int64_t offset_us = clock_us(CLOCK_REALTIME) - clock_us(CLOCK_MONOTONIC);
    std::size_t total = 0;
    for (int i = 0; i < ready; ++i) {
        // Bounded: a flood at one address doesn't starve the others.
        for (int round = 0; round < 4; ++round) {
            const std::size_t got = receive_from(events[i].data.fd, sink, offset_us);
            total += got;
            if (got < kBatch) break;
        }
    }
    return total;
}

void SocketIo::wait(std::int64_t until_us) {
    const std::int64_t left_us = until_us - monotonic_us();
    if (left_us <= 0) return;
    pollfd ready{epoll_, POLLIN, 0};
    const timespec timeout{left_us / 1'000'000, left_us % 1'000'000 * 1000};
    ppoll(&ready, 1, &timeout, nullptr);
}

}  // namespace

std::int64_t monotonic_us() { return clock_us(CLOCK_MONOTONIC); }

std::uint64_t ntp_now() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return ((static_cast<std::uint64_t>(now.tv_sec) + kNtpOfUnixEpoch_s) << 32) +
           (static_cast<std::uint64_t>(now.tv_nsec) << 32) / 1'000'000'000;
}

std::unique_ptr<PacketIo> PacketIo::make_loop() const { return make_socket_io(); }

std::unique_ptr<PacketIo> make_socket_io() { return std::make_unique<SocketIo>(); }

}  // namespace strata::gen
