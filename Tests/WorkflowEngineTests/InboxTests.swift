import Foundation
import Testing
import WorkflowCore

@testable import WorkflowEngine

/// Where events wait for the engine's next turn.
@Suite(.timeLimit(.minutes(1)))
struct InboxTests {
  @Test("events are handed out in their order, no more than a turn takes")
  func order() async {
    let inbox = Inbox()
    for number in 0..<5 { inbox.post("run", .retryDue(NodeIndex(number))) }
    var turns: [[Event]] = []
    for _ in 0..<3 { turns.append(await inbox.nextTurn(limit: 2)?.events.map(\.event) ?? []) }
    #expect(turns == [[0, 1], [2, 3], [4]].map { $0.map { Event.retryDue(NodeIndex($0)) } })
  }

  @Test("whoever waits is woken by the next event")
  func waiting() async {
    let inbox = Inbox()
    async let turn = inbox.nextTurn(limit: 10)
    await Task.yield()
    inbox.post("run", .begun)
    #expect(await turn?.events.map(\.run) == ["run"])
  }

  @Test("a closed inbox hands out what it holds, then nothing")
  func closed() async {
    let inbox = Inbox()
    inbox.post("run", .begun)
    inbox.close()
    #expect(await inbox.nextTurn(limit: 10)?.events.count == 1)
    #expect(await inbox.nextTurn(limit: 10) == nil)
  }

  @Test("closing wakes whoever waits")
  func closedWhileWaiting() async {
    let inbox = Inbox()
    async let turn = inbox.nextTurn(limit: 10)
    await Task.yield()
    inbox.close()
    #expect(await turn == nil)
  }
}

/// One engine drives a state file.
@Suite(.timeLimit(.minutes(1)))
struct EngineLockTests {
  private func path() throws -> (String, TemporaryDirectory) {
    let directory = try TemporaryDirectory()
    return (directory.path + "/state.db.lock", directory)
  }

  @Test("a second one gets nothing while the first one holds the lock, and learns who does")
  func exclusive() throws {
    let (path, directory) = try path()
    let lock = try EngineLock.tryAcquire(path)
    #expect(lock != nil)
    #expect(try EngineLock.tryAcquire(path) == nil)
    #expect(EngineLock.owner(path) == "\(ProcessInfo.processInfo.processIdentifier)")
    withExtendedLifetime((lock, directory)) {}
  }

  @Test("a lock that is let go can be taken, also by one who waits for it")
  func released() async throws {
    let (path, directory) = try path()
    var lock = try EngineLock.tryAcquire(path)
    async let waiting = EngineLock.acquire(path)
    #expect(lock != nil)
    lock = nil
    _ = try await waiting
    withExtendedLifetime(directory) {}
  }

  @Test("a lock that cannot be made is said with its path")
  func unusable() {
    let error = #expect(throws: EngineError.self) { try EngineLock.tryAcquire("/no/such/folder/lock") }
    #expect(error?.description == "cannot lock /no/such/folder/lock: No such file or directory")
  }
}
