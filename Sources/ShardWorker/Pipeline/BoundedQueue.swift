import Foundation

/// Hands elements from one stage to the next, in order. A full queue makes the earlier stage wait, so
/// that a fast stage cannot fill memory ahead of a slow one.
final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
  // Sendable: all state is guarded by `condition`.

  private let condition = NSCondition()
  private let capacity: Int
  private var elements: [Element] = []
  private var isFinished = false
  private var isCancelled = false

  init(capacity: Int) {
    self.capacity = capacity
  }

  /// Waits for room and adds an element. Returns false when the queue was cancelled.
  func push(_ element: Element) -> Bool {
    condition.withLock {
      while elements.count >= capacity, !isCancelled { condition.wait() }
      guard !isCancelled else { return false }
      elements.append(element)
      condition.broadcast()
      return true
    }
  }

  /// Waits for an element. Returns nil after the last one, and when the queue was cancelled.
  func pop() -> Element? {
    condition.withLock {
      while elements.isEmpty, !isFinished, !isCancelled { condition.wait() }
      guard !isCancelled, !elements.isEmpty else { return nil }
      condition.broadcast()
      return elements.removeFirst()
    }
  }

  /// Says that no element follows.
  func finish() {
    condition.withLock {
      isFinished = true
      condition.broadcast()
    }
  }

  /// Drops what is in the queue and wakes both sides.
  func cancel() {
    condition.withLock {
      isCancelled = true
      elements = []
      condition.broadcast()
    }
  }
}
