#pragma once

#include <liburing.h>

#include <cstdint>
#include <span>
#include <vector>

#include "relay/rtp/types.h"

namespace strata::dataplane {

// One io_uring with a ring of receive buffers that the kernel picks from (Linux 6.0). Thread: one,
// after open().
class Uring {
  public:
    static constexpr std::uint16_t kBufferGroup = 0;

    Uring() = default;
    ~Uring();
    Uring(const Uring&) = delete;
    Uring& operator=(const Uring&) = delete;

    // `buffers` is a power of two. Nonzero: errno of what the kernel refused.
    int open(std::uint32_t entries, std::uint16_t buffers, std::uint32_t buffer_bytes);

    // The next operation to be filled in; never null.
    io_uring_sqe& next();
    // Submits what was filled in and waits for a completion, `timeout_us` at most.
    void wait(relay::TimeUs timeout_us);

    // Calls visit(const io_uring_cqe&) for each completion there is.
    template <typename Visit>
    void completions(Visit visit) {
        unsigned head, count = 0;
        io_uring_cqe* cqe;
        io_uring_for_each_cqe(&ring_, head, cqe) {
            visit(*cqe);
            ++count;
        }
        io_uring_cq_advance(&ring_, count);
    }

    // The first `bytes` of the buffer that a completion names; to be given back.
    std::span<const std::uint8_t> buffer(const io_uring_cqe& cqe, std::uint32_t bytes) const;
    void give_back(const io_uring_cqe& cqe);

  private:
    static std::uint16_t id_of(const io_uring_cqe& cqe) {
        return static_cast<std::uint16_t>(cqe.flags >> IORING_CQE_BUFFER_SHIFT);
    }
    void offer(std::uint16_t id);

    io_uring ring_{};
    bool ready_ = false;
    io_uring_buf_ring* offers_ = nullptr;  // page-aligned, shared with the kernel
    std::size_t offers_bytes_ = 0;
    std::uint16_t buffers_ = 0;
    std::uint32_t buffer_bytes_ = 0;
    std::vector<std::uint8_t> memory_;
};

}  // namespace strata::dataplane
