#include "dataplane/tcp/uring.h"

#include <sys/mman.h>

#include <cerrno>

namespace strata::dataplane {

Uring::~Uring() {
    if (ready_) io_uring_queue_exit(&ring_);
    if (offers_ != nullptr) ::munmap(offers_, offers_bytes_);
}

int Uring::open(std::uint32_t entries, std::uint16_t buffers, std::uint32_t buffer_bytes) {
    io_uring_params parameters{};
    parameters.flags = IORING_SETUP_CLAMP;
    if (const int error = io_uring_queue_init_params(entries, &ring_, &parameters); error != 0)
        return -error;
    ready_ = true;

    offers_bytes_ = std::size_t{buffers} * sizeof(io_uring_buf);
    void* offers =
        ::mmap(nullptr, offers_bytes_, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    if (offers == MAP_FAILED) return errno;
    offers_ = static_cast<io_uring_buf_ring*>(offers);
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uint64_t>(offers);
    registration.ring_entries = buffers;
    registration.bgid = kBufferGroup;
    if (const int error = io_uring_register_buf_ring(&ring_, &registration, 0); error != 0)
        return -error;
    io_uring_buf_ring_init(offers_);
    buffers_ = buffers;
    buffer_bytes_ = buffer_bytes;
    memory_.resize(std::size_t{buffers} * buffer_bytes);
    for (std::uint16_t id = 0; id < buffers; ++id) offer(id);
    return 0;
}

io_uring_sqe& Uring::next() {
    io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
    while (sqe == nullptr) {
        io_uring_submit(&ring_);
        sqe = io_uring_get_sqe(&ring_);
    }
    return *sqe;
}

void Uring::wait(relay::TimeUs timeout_us) {
    __kernel_timespec timeout{.tv_sec = timeout_us / 1'000'000,
                              .tv_nsec = timeout_us % 1'000'000 * 1'000};
    io_uring_cqe* first = nullptr;
    io_uring_submit_and_wait_timeout(&ring_, &first, 1, &timeout, nullptr);
}

std::span<const std::uint8_t> Uring::buffer(const io_uring_cqe& cqe, std::uint32_t bytes) const {
    return std::span(memory_).subspan(std::size_t{id_of(cqe)} * buffer_bytes_, bytes);
}

void Uring::give_back(const io_uring_cqe& cqe) { offer(id_of(cqe)); }

void Uring::offer(std::uint16_t id) {
    io_uring_buf_ring_add(offers_, &memory_[std::size_t{id} * buffer_bytes_], buffer_bytes_, id,
                          io_uring_buf_ring_mask(buffers_), 0);
    io_uring_buf_ring_advance(offers_, 1);
}

}  // namespace strata::dataplane
