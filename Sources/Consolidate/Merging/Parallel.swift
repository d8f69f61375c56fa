import Dispatch
import Foundation
import Synchronization

/// Work on several things at once, one thread a core.
enum Parallel {
  static let threads = max(1, ProcessInfo.processInfo.activeProcessorCount)

  /// The results in the order of the items. Of several errors, the one of the first item is thrown.
  static func map<Item: Sendable, Result: Sendable>(
    _ items: [Item], _ body: @Sendable (Item) throws -> Result
  ) throws -> [Result] {
    let threads = min(items.count, Self.threads)
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

extension Parallel {
  /// Makes results on several threads, and hands them on in the order of the items, on the thread that calls. Few wait
  /// to be handed on, which bounds the memory. Of several errors, the one of the first item is thrown.
  static func inOrder<Item: Sendable, Result: Sendable>(
    _ items: [Item], threads: Int, _ make: @escaping @Sendable (Item) throws -> Result,
    consume: (Result) throws -> Void
  ) throws {
    let count = min(items.count, threads)
    guard count > 1 else {
      for item in items { try consume(try make(item)) }
      return
    }
    let line = Assembly<Result>(items: items.count, ahead: count + 1)
    let workers = DispatchGroup()
    for _ in 0..<count {
      workers.enter()
      Thread.detachNewThread {
        while let index = line.begin() { line.end(index, Swift.Result { try make(items[index]) }) }
        workers.leave()
      }
    }
    // The threads are done with what they use before this returns.
    defer {
      line.stop(threads: count)
      workers.wait()
    }
    for index in items.indices { try consume(try line.take(index)) }
  }

  /// Results that wait for those before them.
  private final class Assembly<Result: Sendable>: Sendable {
    private struct State {
      var next = 0
      var isStopped = false
      var waiting: [Int: Swift.Result<Result, any Error>] = [:]
    }

    private let items: Int
    private let state = Mutex(State())
    private let free: DispatchSemaphore
    private let arrived = DispatchSemaphore(value: 0)

    /// - Parameter ahead: how many may be begun and not handed on.
    init(items: Int, ahead: Int) {
      self.items = items
      free = DispatchSemaphore(value: 0)
      for _ in 0..<ahead { free.signal() }
    }

    /// The next item to make; nil when there is none.
    func begin() -> Int? {
      free.wait()
      return state.withLock { state in
        guard !state.isStopped, state.next < items else { return nil }
        defer { state.next += 1 }
        return state.next
      }
    }

    func end(_ index: Int, _ result: Swift.Result<Result, any Error>) {
      state.withLock { $0.waiting[index] = result }
      arrived.signal()
    }

    func take(_ index: Int) throws -> Result {
      while true {
        let result = state.withLock { $0.waiting.removeValue(forKey: index) }
        if let result {
          free.signal()
          return try result.get()
        }
        arrived.wait()
      }
    }

    func stop(threads: Int) {
      state.withLock { $0.isStopped = true }
      for _ in 0..<threads { free.signal() }
    }
  }
}
