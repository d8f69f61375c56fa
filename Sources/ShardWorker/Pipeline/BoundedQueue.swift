import Foundation

/// Hands elements from one stage to the next, in order. A full queue makes the earlier stage wait, so
/// that a fast stage cannot fill memory ahead of a slow one.
final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
  // Sendable: all state is guarded by `condition`.

  private let condition = NSCondition()
  private let capacity: Int
  private let weight: @Sendable (Element) -> Int
  private var elements: [Element] = []
  private var held = 0
  private var isFinished = false
  private var isCancelled = false

  /// Holds elements of `capacity` in all, each of which counts as `weight` says: as 1, or its bytes.
  init(capacity: Int, weight: @escaping @Sendable (Element) -> Int = { _ in 1 }) {
    self.capacity = capacity
    self.weight = weight
  }

  /// Waits for room and adds an element. One that is larger than the queue is let in alone. Returns
  /// false when the queue was cancelled.
  func push(_ element: Element) -> Bool {
    let size = weight(element)
    return condition.withLock {
      while !elements.isEmpty, held + size > capacity, !isCancelled { condition.wait() }
      guard !isCancelled else { return false }
      elements.append(element)
      held += size
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
      let first = elements.removeFirst()
      held -= weight(first)
      return first
    }
  }

  /// What the queue holds now: elements, or bytes.
  var load: Int { condition.withLock { held } }

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
      held = 0
      condition.broadcast()
    }
  }
}
