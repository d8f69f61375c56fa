import Testing
import WorkflowCore

@Suite("Shutdown")
struct ShutdownTests {
  private let workflow = Workflow.entering(
    .dag("main", [.task("a"), .task("b"), .task("c", depends: "a")]), .container(),
    .steps("bye", [[.step("x")], [.step("y")]]), onExit: "bye", parallelism: 1)

  @Test("stop ends what runs, fails what waits, starts nothing new, and runs the whole exit handler")
  func stop() throws {
    var simulation = Simulation(workflow)
    simulation.begin()
    simulation.apply(.shutdownRequested(.stop))
    #expect(simulation.terminated == ["wf.a"])
    #expect(simulation["wf.a"] == .pending)
    #expect(simulation["wf.b"] == .failed)
    simulation.drive()
    #expect(simulation.launched == ["wf.a", "wf.onExit[0].x", "wf.onExit[1].y"])
    #expect(simulation.message("wf.a") == "workflow shutdown with strategy: Stop")
    #expect(simulation.message("wf.b") == "workflow shutdown with strategy: Stop")
    #expect(simulation["wf.onExit"] == .succeeded)
    #expect(simulation.run.phase == .failed)
    #expect(simulation.run.message == "Stopped with strategy 'Stop'")
  }

  @Test("terminate runs no exit handler")
  func terminate() {
    var simulation = Simulation(workflow)
    simulation.begin()
    simulation.apply(.shutdownRequested(.terminate))
    simulation.drive()
    #expect(simulation.launched == ["wf.a"])
    #expect(simulation.run.phase == .failed)
    #expect(simulation.run.message == "Stopped with strategy 'Terminate'")
  }

  @Test("terminate after stop ends the exit handler too")
  func terminateTheHandler() {
    var simulation = Simulation(workflow)
    simulation.begin()
    simulation.apply(.shutdownRequested(.stop))
    simulation.end("a", .ending(.signaled(15)))
    simulation.apply(.shutdownRequested(.terminate))
    simulation.drive()
    #expect(simulation.launched == ["wf.a", "wf.onExit[0].x"])
    #expect(simulation.message("wf.onExit[0].x") == "workflow shutdown with strategy: Terminate")
    #expect(simulation.run.message == "Stopped with strategy 'Terminate'")
  }

  @Test("a step that had succeeded when the stop reached it has succeeded; what follows is refused")
  func tooLate() {
    let workflow = Workflow.entering(.steps("main", [[.step("a")], [.step("b")]]), .container())
    var simulation = Simulation(workflow)
    simulation.begin()
    simulation.apply(.shutdownRequested(.stop))
    simulation.end("a")
    #expect(simulation["wf[0].a"] == .succeeded)
    #expect(simulation["wf[1].b"] == .failed)
    #expect(simulation.launched == ["wf[0].a"])
    #expect(simulation.run.phase == .failed)
  }

  @Test("a run whose last step succeeds in spite of the stop has succeeded")
  func finishedAnyway() {
    var simulation = Simulation(.entering(.container()))
    simulation.begin()
    simulation.apply(.shutdownRequested(.stop))
    simulation.end("wf")
    #expect(simulation.run.phase == .succeeded)
    #expect(simulation.run.message == nil)
  }

  @Test("no retry follows a stop, and a wait for one is over")
  func retries() {
    let workflow = Workflow.entering(.container(retry: .limit("9", backoff: .init(duration: "1h"))))
    var running = Simulation(workflow)
    running.begin()
    running.apply(.shutdownRequested(.stop))
    running.drive()
    #expect(running.launches.count == 1)
    #expect(running.run.phase == .failed)

    var waiting = Simulation(workflow)
    waiting.begin()
    waiting.end("wf(0)", .exit(1))
    waiting.apply(.shutdownRequested(.stop))
    #expect(waiting.run.phase == .failed)
    #expect(waiting.run.isSettled)
  }

  @Test("a run that has not begun ends at once, and never begins")
  func pending() {
    var simulation = Simulation(workflow)
    simulation.apply(.shutdownRequested(.stop))
    #expect(simulation.run.phase == .failed)
    #expect(simulation.run.message == "Stopped with strategy 'Stop'")
    let transition = simulation.apply(.begun)
    #expect(transition.note == "the run has already begun")
    #expect(simulation.run.nodes.isEmpty)
  }

  @Test("asking twice, or to stop after terminate, changes nothing", arguments: ShutdownStrategy.allCases)
  func again(second: ShutdownStrategy) {
    var simulation = Simulation(workflow)
    simulation.begin()
    simulation.apply(.shutdownRequested(.terminate))
    let transition = simulation.apply(.shutdownRequested(second))
    #expect(transition.commands.isEmpty && transition.changedNodes.isEmpty && !transition.runChanged)
    #expect(transition.note == "the run is already shutting down")
  }
}
