#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <vector>

namespace strata::bench {

// The yardstick: the least that a relay over the kernel's UDP sockets has to do. recvmmsg, a header
// of its own per receiver (SSRC, sequence, timestamp), the payload shared, sendmmsg. It parses
// nothing, decides nothing and knows one stream.
class KernelRelay {
  public:
    enum class Mode : std::uint8_t {
        gso,      // packets of one size for one receiver go down as one message (UDP_SEGMENT)
        messages  // a message for each
    };

    // Listens at `local`; port 0: the kernel chooses. Ends the program when it can't.
    KernelRelay(const sockaddr_in& local, std::vector<sockaddr_in> receivers, Mode mode);
    ~KernelRelay();
    KernelRelay(const KernelRelay&) = delete;
    KernelRelay& operator=(const KernelRelay&) = delete;

    sockaddr_in address() const { return address_; }
    int descriptor() const { return fd_; }
    // Takes what has arrived, sends it on; returns how many packets were sent. Never waits.
    std::uint64_t turn();

  private:
    static constexpr std::size_t kBatch = 64, kRoom = 2'048, kMostMessages = 1'024;
    static constexpr std::size_t kHeader = 12, kMostSegments = 50;
    struct Receiver {
        sockaddr_in address;
        std::uint32_t ssrc, timestamp_offset;
        std::uint16_t sequence_offset;
    };

    void write_header(const Receiver& to, std::size_t packet, std::uint8_t* out) const;
    void add_receiver(const Receiver& to, std::size_t packets);
    void add_message(const Receiver& to, std::size_t first, std::size_t count);
    std::uint64_t flush();

    int fd_ = -1;
    sockaddr_in address_{};
    Mode mode_;
    std::vector<Receiver> receivers_;
    std::vector<std::uint8_t> packets_ = std::vector<std::uint8_t>(kBatch * kRoom);
    std::array<std::uint16_t, kBatch> sizes_{};
    std::array<mmsghdr, kBatch> in_{};
    std::array<iovec, kBatch> in_vectors_{};
    // Messages to be sent, with what they point to.
    std::size_t messages_ = 0, vectors_ = 0, headers_ = 0;
    std::uint64_t waiting_ = 0;  // packets in them
    std::vector<mmsghdr> out_ = std::vector<mmsghdr>(kMostMessages);
    std::vector<iovec> out_vectors_;
    std::vector<std::uint8_t> out_headers_;
    struct alignas(cmsghdr) Control {
        std::array<std::uint8_t, CMSG_SPACE(sizeof(std::uint16_t))> bytes;
    };
    std::vector<Control> controls_ = std::vector<Control>(kMostMessages);
};

}  // namespace strata::bench
