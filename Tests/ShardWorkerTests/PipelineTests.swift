import Foundation
import RunFiles
import Testing

@testable import ShardWorker

@Suite("Stages and attempts")
struct PipelineTests {
  @Test("a queue keeps order, and its length stays within its capacity")
  func order() async {
    let queue = BoundedQueue<Int>(capacity: 3)
    let received = await withTaskGroup(of: [Int].self) { group in
      group.addTask {
        await onThread {
          for number in 0..<1000 { _ = queue.push(number) }
          queue.finish()
          return []
        }
      }
      group.addTask {
        await onThread {
          var all: [Int] = []
          while let number = queue.pop() { all.append(number) }
          return all
        }
      }
      return await group.reduce([], +)
    }
    #expect(received == Array(0..<1000))
  }

  @Test("a full queue makes the writer wait until it is cancelled")
  func backPressure() async {
    let queue = BoundedQueue<Int>(capacity: 2)
    #expect(queue.push(1))
    #expect(queue.push(2))
    async let third = onThread { queue.push(3) }
    queue.cancel()
    #expect(await third == false)
    #expect(queue.pop() == nil)
    #expect(!queue.push(4))
  }

  @Test("after the last element a reader gets nil, again and again")
  func finished() {
    let queue = BoundedQueue<Int>(capacity: 2)
    _ = queue.push(1)
    queue.finish()
    #expect(queue.pop() == 1)
    #expect(queue.pop() == nil)
    #expect(queue.pop() == nil)
  }

  @Test("a queue counted in bytes takes no more than its capacity, but one element always")
  func bytes() async {
    let queue = BoundedQueue<Int>(capacity: 10) { $0 }
    #expect(queue.push(50))
    #expect(queue.load == 50)
    async let second = onThread { queue.push(4) }
    #expect(queue.pop() == 50)
    #expect(await second)
    #expect(queue.push(6))
    #expect(queue.load == 10)
  }

  @Test("what threads finish out of order comes out in order, and none runs far ahead")
  func reordered() async {
    let queue = OrderedQueue<Int>(window: 4)
    let numbers = BoundedQueue<Int>(capacity: 1000)
    for number in 0..<500 { _ = numbers.push(number) }
    numbers.finish()
    queue.finish(total: 500)
    let received = await withTaskGroup(of: [Int].self) { group in
      for _ in 0..<3 {
        group.addTask {
          await onThread {
            while let number = numbers.pop() { _ = queue.push(number * 2, number: number) }
            return []
          }
        }
      }
      group.addTask {
        await onThread {
          var all: [Int] = []
          while let number = queue.pop() { all.append(number) }
          return all
        }
      }
      return await group.reduce([], +)
    }
    #expect(received == (0..<500).map { $0 * 2 })
    #expect(queue.pop() == nil)
    queue.cancel()
    #expect(!queue.push(1, number: 9000))
  }

  @Test("an attempt's name is safe in a file name, and different names stay different")
  func attemptNames() {
    #expect(Attempt.fileName("daily-x7k2-3") == "daily-x7k2-3")
    let slashes = Attempt.fileName("a/b")
    let dots = Attempt.fileName("a.b")
    #expect(slashes.hasPrefix("a-b-"))
    #expect(slashes != dots)
    #expect(Attempt.fileName(String(repeating: "x", count: 500)).count <= 64)
    #expect(Attempt.name(environment: ["ORCHESTRATE_ATTEMPT": "a1"]) == "a1")
    #expect(Attempt.name(environment: [:]) != Attempt.name(environment: [:]))
  }

  @Test("the summary's figures agree with each other")
  func summary() {
    let receipt = Receipt(
      planDigest: "", shard: 2, rowsIn: 1000, rowsOut: 998,
      deadLetters: DeadLetters(rows: 2, path: "d", sha256: "s"), parts: [], schema: [],
      model: Receipt.Model(name: "m", version: "v1", sha256: "", kind: "torchscript"),
      batchRows: 64, threads: 1, attempt: "a",
      seconds: Receipt.Seconds(total: 0.5, start: 0, read: 0, assemble: 0, infer: 0, write: 0),
      cpuSeconds: 0, maxRSSBytes: 0, startedAt: "", finishedAt: "")
    #expect(
      RunCommand.summary(receipt, halvings: 0)
        == "shard 2: 998 rows and 2 dead letters in 0.50 s, 2000 rows/s, batches of 64, 0 parts, "
        + "m v1 (torchscript)")
  }
}

/// Runs something that waits on a thread of its own, so that it holds up no task.
private func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
  await withCheckedContinuation { continuation in
    Thread.detachNewThread { continuation.resume(returning: body()) }
  }
}
