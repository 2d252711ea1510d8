#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

// The Unix SOCK_SEQPACKET link between strata-control and strata-dataplane: one message per
// datagram, at most kMaxMessageBytes. All sockets are non-blocking; wait on fd() with poll or
// epoll.
namespace strata::api {

enum class LinkError : std::uint8_t {
    would_block,  // try again when poll says so
    closed,       // the peer is gone
    truncated,    // a message larger than kMaxMessageBytes arrived: fatal, close the link
    too_large,    // the message to send is larger than kMaxMessageBytes: nothing was sent
    system,       // errno has it
};

const char* to_string(LinkError error);

// One end of a connected link. Owns its descriptor.
class SeqpacketLink {
  public:
    SeqpacketLink() = default;
    explicit SeqpacketLink(int fd) : fd_(fd) {}
    ~SeqpacketLink() { close(); }
    SeqpacketLink(SeqpacketLink&& other) noexcept;
    SeqpacketLink& operator=(SeqpacketLink&& other) noexcept;
    SeqpacketLink(const SeqpacketLink&) = delete;
    SeqpacketLink& operator=(const SeqpacketLink&) = delete;

    // Connects to a listener at `path`. The error text names the path and the reason.
    static std::expected<SeqpacketLink, std::string> connect(const std::string& path);

    // Sends one whole message or nothing. Empty messages are refused (they would read as the end).
    std::expected<void, LinkError> send(std::string_view message);

    // Receives one whole message into `buffer` (kMaxMessageBytes of room); returns its size.
    std::expected<std::size_t, LinkError> receive(std::span<char> buffer);

    int fd() const { return fd_; }
    bool connected() const { return fd_ >= 0; }
    void close();

  private:
    int fd_ = -1;
};

// The listening end. Removes its socket file when it goes.
class SeqpacketListener {
  public:
    SeqpacketListener() = default;
    ~SeqpacketListener() { close(); }
    SeqpacketListener(SeqpacketListener&& other) noexcept;
    SeqpacketListener& operator=(SeqpacketListener&& other) noexcept;
    SeqpacketListener(const SeqpacketListener&) = delete;
    SeqpacketListener& operator=(const SeqpacketListener&) = delete;

    // Listens at `path`, readable and writable by the owner and group alone. A stale socket file
    // (one that nobody listens on) is replaced; one with a live listener is an error.
    static std::expected<SeqpacketListener, std::string> listen(const std::string& path);

    // The next waiting peer; would_block when there is none.
    std::expected<SeqpacketLink, LinkError> accept();

    int fd() const { return fd_; }
    void close();

  private:
    int fd_ = -1;
    std::string path_;
};

}  // namespace strata::api
