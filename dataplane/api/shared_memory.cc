#include "dataplane/api/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace strata::api {
namespace {

// "statistics segment NAME: mmap: Cannot allocate memory", from errno.
std::string segment_failure(std::string_view kind, const std::string& name, const char* action) {
    return std::string(kind) + " " + (name.empty() ? "(private)" : name) + ": " + action + ": " +
           std::strerror(errno);
}

std::expected<void*, std::string> map_new_segment(std::string_view kind, const std::string& name,
                                                  std::size_t size) {
    const auto failed = [&](const char* action) {
        return std::unexpected(segment_failure(kind, name, action));
    };
    if (name.empty()) {
        void* base =
            ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (base == MAP_FAILED) return failed("mmap");
        return base;
    }
    ::shm_unlink(name.c_str());
    const int fd = ::shm_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd < 0) return failed("shm_open");
    void* base = MAP_FAILED;
    // posix_fallocate, so that a full /dev/shm is an error here and not a SIGBUS later.
    if (const int error = ::posix_fallocate(fd, 0, static_cast<off_t>(size)); error != 0)
        errno = error;
    else
        base = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    const int mmap_errno = errno;
    ::close(fd);
    if (base != MAP_FAILED) return base;
    ::shm_unlink(name.c_str());
    errno = mmap_errno;
    return failed("allocate");
}

}  // namespace

std::expected<OwnedSegment, std::string> OwnedSegment::create(std::string_view kind,
                                                              const std::string& name,
                                                              std::size_t size) {
    const auto base = map_new_segment(kind, name, size);
    if (!base) return std::unexpected(base.error());
    return OwnedSegment(static_cast<std::byte*>(*base), {name, size});
}

void OwnedSegment::Remove::operator()(std::byte* base) const {
    ::munmap(base, size);
    if (!name.empty()) ::shm_unlink(name.c_str());
}

std::expected<SegmentView, int> SegmentView::open(const std::string& name, std::size_t least) {
    const int fd = ::shm_open(name.c_str(), O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return std::unexpected(errno);
    struct stat status{};
    void* base = MAP_FAILED;
    std::size_t size = 0;
    if (::fstat(fd, &status) == 0) {
        size = static_cast<std::size_t>(status.st_size);
        if (size >= least) base = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
    }
    ::close(fd);
    if (base == MAP_FAILED) return std::unexpected(0);
    SegmentView view;
    view.memory_ = {static_cast<const std::byte*>(base), Unmap{size}};
    view.size_ = size;
    view.inode_ = status.st_ino;
    return view;
}

void SegmentView::Unmap::operator()(const std::byte* base) const {
    if (size != 0) ::munmap(const_cast<std::byte*>(base), size);
}

}  // namespace strata::api
