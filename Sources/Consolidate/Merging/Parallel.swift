import Dispatch
import Foundation
import Synchronization

/// Work on several things at once, one thread a core.
enum Parallel {
  /// The results in the order of the items. Of several errors, the one of the first item is thrown.
  static func map<Item: Sendable, Result: Sendable>(
    _ items: [Item], _ body: @Sendable (Item) throws -> Result
  ) throws -> [Result] {
    let threads = min(items.count, max(1, ProcessInfo.processInfo.activeProcessorCount))
    guard threads > 1 else { return try items.map(body) }
    let state = Mutex(State<Result>(results: items.map { _ in nil }))
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      while let index = state.withLock({ $0.take() }) {
        do {
          let result = try body(items[index])
          state.withLock { $0.results[index] = result }
        } catch {
          state.withLock { $0.fail(index, error) }
        }
      }
    }
    return try state.withLock { state in
      if let error = state.error { throw error.error }
      return state.results.compactMap { $0 }
    }
  }

  private struct State<Result> {
    var results: [Result?]
    var next = 0
    var error: (index: Int, error: any Error)?

    mutating func take() -> Int? {
      guard next < results.count, error == nil else { return nil }
      defer { next += 1 }
      return next
    }

    mutating func fail(_ index: Int, _ error: any Error) {
      if let known = self.error, known.index < index { return }
      self.error = (index, error)
    }
  }
}
