#include "dataplane/server/checkpoint_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

namespace strata::dataplane {
namespace {

constexpr std::uint64_t kMagic = 0x54504b4341525453ULL;  // "STRACKPT"
constexpr std::uint32_t kVersion = 2;
constexpr std::size_t kHeaderBytes = 4'096;
constexpr std::uint32_t kGrowth = 256;  // records: 64 KiB
// Records of streams that ended in this process, which hardly anybody will claim again.
constexpr std::size_t kEndedKept = 1'024;

std::string failure(const std::string& name, const char* action) {
    return "checkpoint segment " + name + ": " + action + ": " + std::strerror(errno);
}

template <std::size_t n>
std::array<char, n> fixed(const std::string& text) {
    std::array<char, n> out{};
    std::copy_n(text.begin(), std::min(text.size(), n - 1), out.begin());
    return out;
}

constexpr std::size_t bytes_for(std::uint32_t records) {
    return kHeaderBytes + std::size_t{records} * sizeof(CheckpointRecord);
}

bool known_kind(CheckpointKind kind) {
    return kind > CheckpointKind::none && kind <= CheckpointKind::transport;
}

}  // namespace

struct CheckpointStore::Header {
    std::uint64_t magic;
    std::uint32_t version, record_bytes;
    std::array<char, 64> node;
    std::array<char, 64> boot_id;
    std::uint32_t used;  // records that were ever written
};

std::size_t CheckpointStore::KeyHash::operator()(const CheckpointKey& key) const {
    std::uint64_t hash = key.id * 0x9e3779b97f4a7c15ULL;
    hash ^= (std::uint64_t{static_cast<std::uint32_t>(key.kind)} << 32 | key.part) + (hash >> 29);
    return static_cast<std::size_t>(hash * 0xbf58476d1ce4e5b9ULL);
}

std::string read_boot_id() {
    const int fd = ::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return {};
    std::array<char, 64> text{};
    const ssize_t got = ::read(fd, text.data(), text.size() - 1);
    ::close(fd);
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
}

std::expected<CheckpointStore, std::string> CheckpointStore::open(const std::string& name,
                                                                  const CheckpointLayout& layout,
                                                                  relay::TimeUs now) {
    CheckpointStore store;
    store.name_ = name;
    store.capacity_ = layout.capacity;
    struct stat file{};
    if (!name.empty()) {
        store.fd_ = ::shm_open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (store.fd_ < 0) return std::unexpected(failure(name, "shm_open"));
        if (::flock(store.fd_, LOCK_EX | LOCK_NB) != 0)
            return std::unexpected(failure(name, "another process writes it"));
        if (::fstat(store.fd_, &file) != 0) return std::unexpected(failure(name, "fstat"));
    }
    // All of it at once; only what the file has is ever touched.
    if (!store.map(bytes_for(layout.capacity))) return std::unexpected(failure(name, "mmap"));
    if (store.believable(layout, static_cast<std::size_t>(file.st_size)))
        store.take_over(layout, now);
    else if (!store.begin_anew(layout))
        return std::unexpected(failure(name, "allocate"));
    return store;
}

bool CheckpointStore::map(std::size_t bytes) {
    const int flags = fd_ < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    void* base = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, fd_, 0);
    if (base == MAP_FAILED) return false;
    base_ = static_cast<std::byte*>(base);
    mapped_ = bytes;
    return true;
}

bool CheckpointStore::believable(const CheckpointLayout& layout, std::size_t file_bytes) const {
    if (file_bytes < kHeaderBytes || layout.boot_id.empty()) return false;
    const Header& h = header();
    return h.magic == kMagic && h.version == kVersion &&
           h.record_bytes == sizeof(CheckpointRecord) && h.node == fixed<64>(layout.node) &&
           h.boot_id == fixed<64>(layout.boot_id) && h.used <= layout.capacity &&
           bytes_for(h.used) <= file_bytes;
}

bool CheckpointStore::begin_anew(const CheckpointLayout& layout) {
    if (fd_ >= 0 && ::ftruncate(fd_, 0) != 0) return false;
    backed_ = 0;
    if (!grow_to(std::min(kGrowth, capacity_))) return false;
    auto* h = new (base_) Header{};
    h->version = kVersion;
    h->record_bytes = sizeof(CheckpointRecord);
    h->node = fixed<64>(layout.node);
    h->boot_id = fixed<64>(layout.boot_id);
    h->magic = kMagic;
    return true;
}

void CheckpointStore::take_over(const CheckpointLayout& layout, relay::TimeUs now) {
    backed_ = header().used;
    for (std::uint32_t i = 0; i < header().used; ++i) {
        CheckpointRecord& r = record(i);
        const auto numbers = read_checkpoint(r);
        const bool good = known_kind(r.key.kind) && r.key.id != 0 && numbers &&
                          numbers->written_us <= now &&
                          now - numbers->written_us <= layout.max_age_us;
        if (good && left_.emplace(r.key, i).second) continue;
        r.key = {};
        free_.push_back(i);
    }
}

bool CheckpointStore::grow_to(std::uint32_t records) {
    if (records <= backed_) return true;
    // posix_fallocate, so that a full /dev/shm is known here and isn't a SIGBUS later.
    if (fd_ >= 0 && ::posix_fallocate(fd_, 0, static_cast<off_t>(bytes_for(records))) != 0)
        return false;
    backed_ = records;
    return true;
}

std::optional<std::uint32_t> CheckpointStore::take_place() {
    if (!free_.empty()) {
        const std::uint32_t index = free_.back();
        free_.pop_back();
        return index;
    }
    while (ended_.size() > kEndedKept) {
        const auto oldest = left_.find(ended_.front());
        ended_.pop_front();
        if (oldest == left_.end()) continue;  // claimed since
        const std::uint32_t index = oldest->second;
        left_.erase(oldest);
        return index;
    }
    const std::uint32_t next = header().used;
    if (next < capacity_ && (next < backed_ || grow_to(std::min(capacity_, backed_ + kGrowth)))) {
        new (&record(next)) CheckpointRecord{};
        header().used = next + 1;
        return next;
    }
    if (left_.empty()) return std::nullopt;
    const std::uint32_t index = left_.begin()->second;
    left_.erase(left_.begin());
    return index;
}

CheckpointStore::Claim CheckpointStore::claim(const CheckpointKey& key) {
    Claim claim;
    if (const auto at = left_.find(key); at != left_.end()) {
        claim.record = &record(at->second);
        claim.stored = read_checkpoint(*claim.record);
        held_.emplace(key, at->second);
        left_.erase(at);
        return claim;
    }
    if (const auto at = held_.find(key); at != held_.end()) {
        CheckpointRecord& before = record(at->second);
        claim.stored = read_checkpoint(before);
        before.key = {};
        held_.erase(at);
    }
    const auto place = take_place();
    if (!place) {
        ++refused_;
        return claim;
    }
    claim.record = &record(*place);
    *claim.record = CheckpointRecord{};
    // A record without a state is no record: only what is written from now on counts.
    claim.record->key = key;
    held_.emplace(key, *place);
    return claim;
}

void CheckpointStore::give_back(CheckpointRecord* given) {
    if (given == nullptr) return;
    const auto index = static_cast<std::uint32_t>(given - &record(0));
    const auto at = held_.find(given->key);
    if (at == held_.end() || at->second != index) {  // a newer record has its key
        given->key = {};
        free_.push_back(index);
        return;
    }
    left_.emplace(given->key, index);
    ended_.push_back(given->key);
    held_.erase(at);
}

CheckpointRecord& CheckpointStore::record(std::uint32_t index) {
    return reinterpret_cast<CheckpointRecord*>(base_ + kHeaderBytes)[index];
}

CheckpointStore::CheckpointStore(CheckpointStore&& other) noexcept
    : name_(std::exchange(other.name_, {})),
      fd_(std::exchange(other.fd_, -1)),
      base_(std::exchange(other.base_, nullptr)),
      mapped_(other.mapped_),
      capacity_(other.capacity_),
      backed_(other.backed_),
      free_(std::move(other.free_)),
      held_(std::move(other.held_)),
      left_(std::move(other.left_)),
      ended_(std::move(other.ended_)),
      refused_(other.refused_) {}

CheckpointStore::~CheckpointStore() {
    // Nobody will look for what there isn't.
    if (fd_ >= 0 && base_ != nullptr && header().used == 0) ::shm_unlink(name_.c_str());
    if (base_ != nullptr) ::munmap(base_, mapped_);
    if (fd_ >= 0) ::close(fd_);
}

}  // namespace strata::dataplane
