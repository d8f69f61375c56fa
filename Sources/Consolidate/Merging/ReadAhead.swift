import Dispatch
import Foundation
import Storage
import Synchronization

/// Decodes batches on a thread of its own, a few ahead of the one that uses them.
final class ReadAhead: Sendable {
  /// Row groups of one file.
  struct Source: Sendable {
    let path: String
    let rowGroups: [Int]
  }

  /// Batches that may wait; what bounds the memory.
  private static let capacity = 4

  private enum Item: Sendable {
    case batch(RecordBatch)
    case end
    case failure(any Error)
  }

  private struct Cancelled: Error {}

  private let items = Mutex<[Item]>([])
  private let isCancelled = Atomic<Bool>(false)
  private let available = DispatchSemaphore(value: 0)
  private let free = DispatchSemaphore(value: ReadAhead.capacity)

  /// Calls `body` with each batch, in the order of the sources, on the thread that calls.
  static func read(_ sources: [Source], _ body: (RecordBatch) throws -> Void) throws {
    let ahead = ReadAhead()
    Thread.detachNewThread { ahead.produce(sources) }
    do {
      while case .batch(let batch) = try ahead.next() { try body(batch) }
    } catch {
      // The other thread stops before its files and this call's go away.
      ahead.cancel()
      throw error
    }
  }

  private func produce(_ sources: [Source]) {
    do {
      for source in sources {
        try BatchStream.read(source.path, rowGroups: source.rowGroups) { batch in
          free.wait()
          guard !isCancelled.load(ordering: .acquiring) else { throw Cancelled() }
          put(.batch(batch))
        }
      }
      put(.end)
    } catch {
      put(.failure(error))
    }
  }

  private func put(_ item: Item) {
    items.withLock { $0.append(item) }
    available.signal()
  }

  private func next() throws -> Item {
    available.wait()
    let item = items.withLock { $0.removeFirst() }
    free.signal()
    if case .failure(let error) = item {
      isCancelled.store(true, ordering: .releasing)
      throw error
    }
    return item
  }

  private func cancel() {
    guard !isCancelled.exchange(true, ordering: .acquiringAndReleasing) else { return }
    free.signal()
    while true {
      available.wait()
      let item = items.withLock { $0.removeFirst() }
      free.signal()
      if case .batch = item { continue }
      return
    }
  }
}
