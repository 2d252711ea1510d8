#include "bench/peers/kernel_relay.h"

#include <netinet/udp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "relay/rtp/byte_order.h"

namespace strata::bench {
namespace {

constexpr int kBufferBytes = 4 << 20;  // as Strata's socket port asks for

}  // namespace

KernelRelay::KernelRelay(const sockaddr_in& local, std::vector<sockaddr_in> receivers, Mode mode)
    : address_(local), mode_(mode) {
    fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &kBufferBytes, sizeof kBufferBytes);
    setsockopt(fd_, SOL_SOCKET, SO_SNDBUFFORCE, &kBufferBytes, sizeof kBufferBytes);
    socklen_t size = sizeof address_;
    if (fd_ < 0 || bind(fd_, reinterpret_cast<const sockaddr*>(&local), size) != 0 ||
        getsockname(fd_, reinterpret_cast<sockaddr*>(&address_), &size) != 0) {
        std::perror("kernel relay");
        std::exit(74);
    }
    for (std::size_t i = 0; i < receivers.size(); ++i) {
        const auto n = static_cast<std::uint32_t>(i);
        receivers_.push_back(
            {receivers[i], 0x6000'0000 + n, n * 7'777, static_cast<std::uint16_t>(n * 77)});
    }
    for (std::size_t i = 0; i < kBatch; ++i) {
        in_vectors_[i] = {&packets_[i * kRoom], kRoom};
        in_[i].msg_hdr.msg_iov = &in_vectors_[i];
        in_[i].msg_hdr.msg_iovlen = 1;
    }
    out_vectors_.resize(kMostMessages * kMostSegments * 2);
    out_headers_.resize(kMostMessages * kMostSegments * kHeader);
}

KernelRelay::~KernelRelay() { close(fd_); }

std::uint64_t KernelRelay::turn() {
    const int got = recvmmsg(fd_, in_.data(), kBatch, MSG_DONTWAIT, nullptr);
    std::size_t packets = 0;
    for (int i = 0; i < got; ++i) {
        const auto at = static_cast<std::size_t>(i);
        if (in_[at].msg_len < kHeader) return 0;
        sizes_[at] = static_cast<std::uint16_t>(in_[at].msg_len);
        ++packets;
    }
    if (packets == 0) return 0;
    std::uint64_t sent = 0;
    for (const Receiver& to : receivers_) {
        if (messages_ + packets > kMostMessages) sent += flush();
        add_receiver(to, packets);
    }
    return sent + flush();
}

// Segments of one message have one size; the last may be smaller.
void KernelRelay::add_receiver(const Receiver& to, std::size_t packets) {
    std::size_t first = 0;
    while (first < packets) {
        std::size_t end = first + 1;
        while (mode_ == Mode::gso && end < packets && end - first < kMostSegments &&
               sizes_[end - 1] == sizes_[first] && sizes_[end] <= sizes_[first])
            ++end;
        add_message(to, first, end - first);
        first = end;
    }
}

void KernelRelay::write_header(const Receiver& to, std::size_t packet, std::uint8_t* out) const {
    const std::uint8_t* in = &packets_[packet * kRoom];
    std::memcpy(out, in, kHeader);
    relay::store_be16(out + 2,
                      static_cast<std::uint16_t>(relay::load_be16(in + 2) + to.sequence_offset));
    relay::store_be32(out + 4, relay::load_be32(in + 4) + to.timestamp_offset);
    relay::store_be32(out + 8, to.ssrc);
}

void KernelRelay::add_message(const Receiver& to, std::size_t first, std::size_t count) {
    msghdr& header = out_[messages_].msg_hdr;
    header = {};
    header.msg_name = const_cast<sockaddr_in*>(&to.address);
    header.msg_namelen = sizeof to.address;
    header.msg_iov = &out_vectors_[vectors_];
    header.msg_iovlen = count * 2;
    for (std::size_t i = first; i < first + count; ++i, ++headers_) {
        std::uint8_t* own = &out_headers_[headers_ * kHeader];
        write_header(to, i, own);
        out_vectors_[vectors_++] = {own, kHeader};
        out_vectors_[vectors_++] = {&packets_[i * kRoom + kHeader], sizes_[i] - kHeader};
    }
    if (count > 1) {
        header.msg_control = controls_[messages_].bytes.data();
        header.msg_controllen = controls_[messages_].bytes.size();
        cmsghdr* c = CMSG_FIRSTHDR(&header);
        c->cmsg_level = SOL_UDP;
        c->cmsg_type = UDP_SEGMENT;
        c->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
        std::memcpy(CMSG_DATA(c), &sizes_[first], sizeof(std::uint16_t));
    }
    ++messages_;
    waiting_ += count;
}

std::uint64_t KernelRelay::flush() {
    for (std::size_t done = 0; done < messages_;) {
        const int n = sendmmsg(fd_, &out_[done], static_cast<unsigned>(messages_ - done), 0);
        if (n > 0)
            done += static_cast<std::size_t>(n);
        else if (errno != EAGAIN && errno != EINTR)
            ++done;
    }
    messages_ = vectors_ = headers_ = 0;
    return std::exchange(waiting_, 0);
}

}  // namespace strata::bench
