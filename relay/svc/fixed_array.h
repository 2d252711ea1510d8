#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <utility>

namespace strata::relay {

// As many elements as it was made with. It is a pointer and nothing else, so that an object's hot
// members stay together: how many there are stands before the first of them. Made, copied and
// destroyed on the main thread.
template <typename T>
class FixedArray {
  public:
    // Until it is given another one's elements it can be destroyed, nothing else.
    FixedArray() : first_(nullptr) {}
    FixedArray(std::size_t size, const T& value, std::pmr::memory_resource* memory) {
        void* const block = memory->allocate(bytes(size), kAlignment);
        first_ = reinterpret_cast<T*>(static_cast<std::byte*>(block) + kBefore);
        std::construct_at(before(), size, memory);
        std::uninitialized_fill_n(first_, size, value);
    }
    FixedArray(std::size_t size, std::pmr::memory_resource* memory)
        : FixedArray(size, T(), memory) {}
    ~FixedArray() {
        if (first_ == nullptr) return;
        std::destroy_n(first_, size());
        const Before about = *before();
        about.memory->deallocate(reinterpret_cast<std::byte*>(first_) - kBefore, bytes(about.size),
                                 kAlignment);
    }
    FixedArray(FixedArray&& other) noexcept : first_(std::exchange(other.first_, nullptr)) {}
    FixedArray& operator=(FixedArray&& other) noexcept {
        std::swap(first_, other.first_);
        return *this;
    }
    // Of one that isn't larger; the elements behind its end stay.
    FixedArray& operator=(const FixedArray& other) {
        assert(other.size() <= size());
        std::copy_n(other.first_, other.size(), first_);
        return *this;
    }

    // Not hot.
    std::size_t size() const { return before()->size; }
    T* data() { return first_; }
    const T* data() const { return first_; }
    T& operator[](std::size_t i) { return first_[i]; }
    const T& operator[](std::size_t i) const { return first_[i]; }
    T* begin() { return first_; }
    T* end() { return first_ + size(); }
    const T* begin() const { return first_; }
    const T* end() const { return first_ + size(); }

  private:
    struct Before {
        std::size_t size;
        std::pmr::memory_resource* memory;
    };
    static constexpr std::size_t kAlignment = std::max(alignof(T), alignof(Before));
    static constexpr std::size_t kBefore =
        (sizeof(Before) + kAlignment - 1) / kAlignment * kAlignment;

    static constexpr std::size_t bytes(std::size_t size) { return kBefore + size * sizeof(T); }
    Before* before() const {
        return reinterpret_cast<Before*>(reinterpret_cast<std::byte*>(first_) - sizeof(Before));
    }

    T* first_;
};

}  // namespace strata::relay
