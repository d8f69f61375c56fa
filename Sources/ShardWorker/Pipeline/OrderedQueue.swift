import Foundation

/// Brings what several threads finish out of order back into order: elements are numbered from 0.
///
/// A thread that is far ahead of the slowest one waits, so that memory stays bounded.
final class OrderedQueue<Element: Sendable>: @unchecked Sendable {
  // Sendable: all state is guarded by `condition`.

  private let condition = NSCondition()
  private let window: Int
  private var waiting: [Int: Element] = [:]
  private var next = 0
  private var total: Int?
  private var isCancelled = false

  /// Holds elements less than `window` places after the one that comes next.
  init(window: Int) {
    self.window = window
  }

  /// Waits until the element is near enough to its turn, and adds it. Returns false when the queue was
  /// cancelled.
  func push(_ element: Element, number: Int) -> Bool {
    condition.withLock {
      while number >= next + window, !isCancelled { condition.wait() }
      guard !isCancelled else { return false }
      waiting[number] = element
      condition.broadcast()
      return true
    }
  }

  /// Waits for the next element in order. Returns nil after the last one, and when the queue was
  /// cancelled.
  func pop() -> Element? {
    condition.withLock {
      while waiting[next] == nil, total != next, !isCancelled { condition.wait() }
      guard !isCancelled, let element = waiting.removeValue(forKey: next) else { return nil }
      next += 1
      condition.broadcast()
      return element
    }
  }

  /// Says how many elements there are in all.
  func finish(total: Int) {
    condition.withLock {
      self.total = total
      condition.broadcast()
    }
  }

  /// Drops what is in the queue and wakes both sides.
  func cancel() {
    condition.withLock {
      isCancelled = true
      waiting = [:]
      condition.broadcast()
    }
  }
}
