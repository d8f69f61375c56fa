import OrderedCollections

/// One definition of work: a program to run, or an arrangement of other templates.
public struct Template: Sendable {
  public enum Body: Sendable {
    case container(Container)
    case script(Script)
    /// Groups run one after the other; the steps of a group run together.
    case steps([[Step]])
    case dag(DAG)
    case suspend(Suspension)
    case resource(ResourceTemplate)
  }

  public var name: Located<String>
  public var inputs: [Parameter]
  public var outputs: [OutputParameter]
  public var inputArtifacts: [Artifact]
  public var outputArtifacts: [Artifact]
  public var body: Body
  public var retryStrategy: RetryStrategy?
  /// Seconds each attempt may run (leaf templates only).
  public var activeDeadlineSeconds: TemplateString?
  /// How long a leaf may wait and run, from the moment it appeared: a Go duration.
  public var timeout: TemplateString?
  /// How long a leaf may wait before it runs: a Go duration.
  public var pendingTimeout: TemplateString?
  /// The most direct children that may be active at once; nil is no limit.
  public var parallelism: Int?
  /// Whether nothing new is begun once one of the children has failed (steps and dags only).
  public var failFast: Bool
  public var annotations: OrderedDictionary<String, TemplateString>
  public var volumes: [Volume]
  /// What only a pod has a use for, as it was written (`PodFields.template`): volumes, tolerations, sidecars, and the
  /// whole container under `container`. Nil when no step of the workflow runs as a pod.
  public var pod: ItemTemplate?

  public init(
    name: Located<String>, inputs: [Parameter] = [], outputs: [OutputParameter] = [],
    inputArtifacts: [Artifact] = [], outputArtifacts: [Artifact] = [], body: Body,
    retryStrategy: RetryStrategy? = nil, activeDeadlineSeconds: TemplateString? = nil,
    timeout: TemplateString? = nil, pendingTimeout: TemplateString? = nil, parallelism: Int? = nil,
    failFast: Bool = false, annotations: OrderedDictionary<String, TemplateString> = [:], volumes: [Volume] = [],
    pod: ItemTemplate? = nil
  ) {
    self.name = name
    self.inputs = inputs
    self.outputs = outputs
    self.inputArtifacts = inputArtifacts
    self.outputArtifacts = outputArtifacts
    self.body = body
    self.retryStrategy = retryStrategy
    self.activeDeadlineSeconds = activeDeadlineSeconds
    self.timeout = timeout
    self.pendingTimeout = pendingTimeout
    self.parallelism = parallelism
    self.failFast = failFast
    self.annotations = annotations
    self.volumes = volumes
    self.pod = pod
  }
}

/// A script is a container whose last argument is a file holding `source`.
public struct Script: Hashable, Sendable {
  public var container: Container
  public var source: TemplateString

  public init(container: Container, source: TemplateString) {
    self.container = container
    self.source = source
  }
}

/// Waits until it is resumed.
public struct Suspension: Hashable, Sendable {
  /// After which it resumes by itself: a Go duration or a bare number of seconds; nil waits for a person.
  public var duration: TemplateString?

  public init(duration: TemplateString? = nil) { self.duration = duration }
}

public struct DAG: Hashable, Sendable {
  public var tasks: [DAGTask]
  /// Names of the tasks to run with all they depend on; empty runs every task.
  public var target: [Located<String>]
  public var failFast: Bool

  public init(tasks: [DAGTask], target: [Located<String>] = [], failFast: Bool = true) {
    self.tasks = tasks
    self.target = target
    self.failFast = failFast
  }
}

public struct DAGTask: Hashable, Sendable {
  public var step: Step
  /// When the task may start; nil starts at once. `dependencies: [A, B]` reads as `A && B`.
  public var depends: DependsExpression?

  public init(step: Step, depends: DependsExpression? = nil) {
    self.step = step
    self.depends = depends
  }
}

/// One call of a template: a step of a steps template, or the call inside a task of a DAG.
public struct Step: Hashable, Sendable {
  public var name: Located<String>
  public var template: Located<String>
  public var arguments: [Argument]
  public var artifacts: [Artifact]
  /// Whether to run at all; with a loop it is asked for each item.
  public var when: WhenExpression?
  public var loop: Loop?
  public var continueOn: ContinueOn
  /// Runs when the step has ended, whatever became of it.
  public var onExit: ExitHandler?
  /// Run beside the step, each once, as soon as its condition holds.
  public var hooks: [LifecycleHook]

  public init(
    name: Located<String>, template: Located<String>, arguments: [Argument] = [], artifacts: [Artifact] = [],
    when: WhenExpression? = nil, loop: Loop? = nil, continueOn: ContinueOn = [], onExit: ExitHandler? = nil,
    hooks: [LifecycleHook] = []
  ) {
    self.name = name
    self.template = template
    self.arguments = arguments
    self.artifacts = artifacts
    self.when = when
    self.loop = loop
    self.continueOn = continueOn
    self.onExit = onExit
    self.hooks = hooks
  }
}

/// The call that follows a step, or a whole run (Argo: `hooks.exit`, or `onExit`).
public struct ExitHandler: Hashable, Sendable {
  public var template: Located<String>
  public var arguments: [Argument]
  public var artifacts: [Artifact]
  /// Whether it runs at all; nil is always.
  public var expression: Expression?

  public init(
    template: Located<String>, arguments: [Argument] = [], artifacts: [Artifact] = [], expression: Expression? = nil
  ) {
    self.template = template
    self.arguments = arguments
    self.artifacts = artifacts
    self.expression = expression
  }
}

/// The call that runs once its condition holds, while the step or the run that it belongs to goes on or when it has
/// ended (Argo: `hooks.NAME`).
public struct LifecycleHook: Hashable, Sendable {
  public var name: String
  public var template: Located<String>
  public var arguments: [Argument]
  public var artifacts: [Artifact]
  public var expression: Expression

  public init(
    name: String, template: Located<String>, arguments: [Argument] = [], artifacts: [Artifact] = [],
    expression: Expression
  ) {
    self.name = name
    self.template = template
    self.arguments = arguments
    self.artifacts = artifacts
    self.expression = expression
  }
}

/// What a step runs over.
public enum Loop: Hashable, Sendable {
  /// Items written in the workflow; strings inside them may hold tags.
  case items([ItemTemplate])
  /// A JSON list, known once the tags are replaced.
  case parameter(TemplateString)
  /// Numbers from start to end, both included, as text; `count` is start + count - 1.
  case sequence(Sequence)

  public struct Sequence: Hashable, Sendable {
    public var start: TemplateString?
    public var end: TemplateString?
    public var count: TemplateString?
    /// printf format of one number, such as `shard-%03d`.
    public var format: String?

    public init(
      start: TemplateString? = nil, end: TemplateString? = nil, count: TemplateString? = nil, format: String? = nil
    ) {
      self.start = start
      self.end = end
      self.count = count
      self.format = format
    }
  }
}

/// A loop item, or a part of a pod, in which strings may hold tags.
public indirect enum ItemTemplate: Hashable, Sendable {
  case scalar(Value)
  case text(TemplateString)
  case list([ItemTemplate])
  case map([(key: String, value: ItemTemplate)])

  public static func == (left: ItemTemplate, right: ItemTemplate) -> Bool {
    switch (left, right) {
    case (.scalar(let a), .scalar(let b)): a == b
    case (.text(let a), .text(let b)): a == b
    case (.list(let a), .list(let b)): a == b
    case (.map(let a), .map(let b)): a.elementsEqual(b) { $0.key == $1.key && $0.value == $1.value }
    default: false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .scalar(let value): hasher.combine(value)
    case .text(let text): hasher.combine(text)
    case .list(let items): hasher.combine(items)
    case .map(let members): for member in members { hasher.combine(member.key) }
    }
  }
}

/// Endings of a step that count as success for what follows.
public struct ContinueOn: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let failed = ContinueOn(rawValue: 1)
  public static let error = ContinueOn(rawValue: 2)
}
