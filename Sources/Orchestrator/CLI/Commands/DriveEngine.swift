import ArgumentParser

/// `orchestrate engine`: carries on what other invocations left.
struct DriveEngine: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "engine",
    abstract: "Carry every unfinished run of the state file to its end.",
    discussion: """
      EXAMPLES
        orchestrate engine --until-idle     after a crash, a reboot, or Ctrl-C in 'submit'
      """)

  @Flag(help: "Exit once nothing is left to do.")
  var untilIdle = false

  @OptionGroup var state: StateOptions
  @OptionGroup var machine: MachineOptions

  func validate() throws {
    guard untilIdle else { throw ValidationError("say --until-idle: an engine that stays comes with a later version") }
  }

  func run() async throws {
    try await drive(try state.open(), state, machine, until: nil)
  }
}
