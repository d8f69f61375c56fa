/// What fields mean, in a line each: for `orchestrate explain` and docs/fields.md, so that the two agree.
///
/// A type's name, and below it lines of `field: meaning`. Types that are Kubernetes' own say only what matters here.
struct FieldMeanings: Sendable {
  let meanings: [String: [String: String]]

  static let argo = FieldMeanings(tables: [workflows, templates, calls, values, places])

  init(tables: [String]) {
    var meanings: [String: [String: String]] = [:]
    var type = ""
    for line in tables.joined(separator: "\n").split(separator: "\n") {
      guard line.first == " " else {
        type = String(line)
        continue
      }
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let name = String(parts[0].drop { $0 == " " })
      meanings[type, default: [:]][name] = String(parts[1].drop { $0 == " " })
    }
    self.meanings = meanings
  }

  /// Kubernetes' containers have the same fields wherever they stand.
  private static let aliases = ["ContainerNode", "UserContainer", "ScriptTemplate"]

  func meaning(of field: String, in type: String) -> String? {
    if let found = meanings[type]?[field] { return found }
    return Self.aliases.contains(type) ? meanings["Container"]?[field] : nil
  }
}

extension FieldMeanings {
  private static let workflows = """
    Workflow
      apiVersion: argoproj.io/v1alpha1
      kind: Workflow, WorkflowTemplate or ClusterWorkflowTemplate
      metadata: name or generateName, namespace, labels and annotations
      spec: what runs, and how
      status: what has come of it; written by the engine
    WorkflowSpec
      activeDeadlineSeconds: seconds the whole run may take
      affinity: where pods may run; a single machine has no use for it
      archiveLogs: keep logs as artifacts; logs are always kept here
      arguments: parameters and artifacts of the workflow; a submission may replace them
      artifactGC: when artifacts are removed
      artifactRepositoryRef: which repository artifacts go to; here the one of the configuration
      automountServiceAccountToken: for pods
      dnsConfig: for pods
      dnsPolicy: for pods
      entrypoint: the template that runs first
      executor: for pods
      executorPlugins: for pods
      hooks: templates that run when an expression becomes true, or at the end (exit)
      hostAliases: for pods
      hostNetwork: for pods
      imagePullSecrets: for pods
      metrics: what to count and measure about the workflow
      nodeSelector: for pods
      onExit: the template that runs after everything else, whatever became of it
      parallelism: the most steps that may run at once
      podDisruptionBudget: for pods
      podGC: when pods are removed
      podMetadata: labels and annotations of pods
      podPriorityClassName: for pods
      podResources: for pods
      podSpecPatch: changes to each pod's spec
      priority: a higher one goes first where runs wait
      resourceClaims: for pods
      retryStrategy: for every template that has none of its own
      schedulerName: for pods
      securityContext: for pods
      serviceAccountName: for pods
      shutdown: Stop or Terminate ends the run
      suspend: begin paused
      synchronization: locks that the whole run holds
      templateDefaults: stands below every template
      templates: what can run; each has a name
      tolerations: for pods
      ttlStrategy: when the record of a run that has ended is removed
      volumeClaimGC: when claims made for the run are removed
      volumeClaimTemplates: volumes made for the run, named as their metadata says
      volumes: what templates can mount
      workflowMetadata: labels and annotations added to the run
      workflowTemplateRef: take the spec from a kept template; fields given here stand above it
    CronWorkflowSpec
      concurrencyPolicy: Allow, Forbid or Replace, when one is due while another runs
      failedJobsHistoryLimit: how many failed runs are kept (1)
      schedules: when it is due: minute hour day month weekday, or @hourly, @daily, @every 5m, ...
      startingDeadlineSeconds: how late a missed run may still begin
      stopStrategy: ends the schedule when its expression holds
      successfulJobsHistoryLimit: how many runs that went well are kept (3)
      suspend: run no more, until resumed
      timezone: whose clocks count, such as Europe/Berlin; this machine's by default
      when: an expression that must hold for a run to begin
      workflowMetadata: labels and annotations of its runs
      workflowSpec: what runs
    StopStrategy
      expression: over cronworkflow.failed and cronworkflow.succeeded
    WorkflowTemplateRef
      clusterScope: a ClusterWorkflowTemplate is meant
      name: of the kept template
    TTLStrategy
      secondsAfterCompletion: after any end
      secondsAfterFailure: after one that went wrong
      secondsAfterSuccess: after one that went well
    PodGC
      deleteDelayDuration: how long to wait
      labelSelector: only these pods
      strategy: OnPodCompletion, OnPodSuccess, OnWorkflowCompletion or OnWorkflowSuccess
    VolumeClaimGC
      strategy: OnWorkflowSuccess or OnWorkflowCompletion
    WorkflowMetadata
      annotations: added to the run's
      labels: added to the run's
      labelsFrom: labels whose values are expressions
    ArtifactRepositoryRef
      configMap: the ConfigMap (artifact-repositories)
      key: its entry
    WorkflowLevelArtifactGC
      forceFinalizerRemoval: for pods
      podMetadata: for pods
      podSpecPatch: for pods
      serviceAccountName: for pods
      strategy: OnWorkflowCompletion, OnWorkflowDeletion or Never
    """

  private static let templates = """
    Template
      activeDeadlineSeconds: seconds that each attempt may run
      affinity: for pods
      annotations: of the node; workflows.argoproj.io/display-name gives it another name to show
      archiveLocation: where artifacts and logs go, instead of the repository
      automountServiceAccountToken: for pods
      container: runs a program
      containerSet: runs several programs together, in the order of their dependencies
      daemon: counts as done once it is ready, and is ended with the template that called it
      dag: tasks that wait for each other
      data: lists what lies in a bucket, and transforms the list
      executor: for pods
      failFast: begin nothing new once a child has failed
      hostAliases: for pods
      http: asks a server
      initContainers: programs that run first, one after the other
      inputs: parameters and artifacts it takes
      memoize: take the outputs of an earlier run with the same key
      metadata: labels and annotations of pods
      metrics: what to count and measure about each node
      name: what calls name it by
      nodeSelector: for pods
      outputs: parameters and artifacts it gives
      parallelism: the most direct children that may be at work at once
      pendingTimeout: how long a node may wait to begin
      plugin: run by a plugin of the executor
      podResources: for pods
      podSpecPatch: changes to the pod's spec
      priorityClassName: for pods
      resource: creates or changes an object of a cluster
      resourceClaims: for pods
      retryStrategy: when to try again after an attempt that went wrong
      schedulerName: for pods
      script: runs a program with a text as its last argument, a file
      securityContext: for pods
      serviceAccountName: for pods
      sidecars: programs that run beside the main one, and are ended with it
      steps: groups of calls; groups run one after the other, the calls of a group together
      suspend: waits to be resumed
      synchronization: locks that each node holds
      timeout: how long a node may take from its beginning, with its waits
      tolerations: for pods
      volumes: what its containers can mount, beside the workflow's
    Container
      args: arguments, after command
      command: the program and its first arguments; without it the image's entrypoint
      env: environment variables
      envFrom: every entry of a ConfigMap or Secret as a variable
      image: what a pod runs in; a process takes from it only the entrypoint
      imagePullPolicy: for pods
      lifecycle: for pods
      livenessProbe: for pods
      name: for pods
      ports: for pods
      readinessProbe: when a daemon counts as ready
      resizePolicy: for pods
      resources: what it asks of the machine: cpu, memory, nvidia.com/gpu; a step waits until they are free
      restartPolicy: for pods
      restartPolicyRules: for pods
      securityContext: for pods
      startupProbe: for pods
      stdin: for pods
      stdinOnce: for pods
      terminationMessagePath: for pods
      terminationMessagePolicy: for pods
      tty: for pods
      volumeDevices: for pods
      volumeMounts: volumes, and where the program sees them
      workingDir: where it starts; made when it is missing
    ContainerNode
      dependencies: containers of the set that must have ended well
      name: which other containers wait for
    UserContainer
      mirrorVolumeMounts: mount what the main container mounts, at the same paths
      name: of the container
    ScriptTemplate
      source: the text; a file with it becomes the last argument
    ContainerSetTemplate
      containers: the programs
      retryStrategy: of each program
      volumeMounts: of every program
    ContainerSetRetryStrategy
      duration: the wait between attempts
      retries: attempts in total
    SuspendTemplate
      duration: after which it resumes by itself; without it a person does
    DAGTemplate
      failFast: end as failed without creating what has not begun, once a target has failed
      target: names of the tasks to run with all they depend on; every task by default
      tasks: the calls
    HTTP
      body: what is sent
      bodyFrom: what is sent, as bytes
      headers: of the request
      insecureSkipVerify: do not check the server's certificate
      method: GET by default
      successCondition: an expression over response; status 2xx by default
      timeoutSeconds: 30 by default
      url: where to
    Data
      source: what to list
      transformation: expressions over data, one after the other
    ResourceTemplate
      action: get, create, apply, delete, replace or patch
      failureCondition: when it has failed
      flags: for kubectl
      manifest: the object
      manifestFrom: the object, as an artifact
      mergeStrategy: how a patch is merged
      setOwnerReference: remove the object with the workflow
      successCondition: when it has succeeded
    RetryStrategy
      affinity: avoid hosts of earlier attempts
      backoff: how long to wait in between
      expression: asked after each attempt that went wrong, over lastRetry and retries
      limit: retries after the first attempt; without end by default
      retryPolicy: OnFailure (default), OnError, Always or OnTransientError
    Backoff
      cap: the longest wait
      duration: the first wait, such as 30s
      factor: each further wait is this many times the last
      maxDuration: from the first attempt's start; none begins after it
    Memoize
      cache: where outputs are remembered
      key: of the outputs
      maxAge: how old they may be, such as 24h
    Synchronization
      mutexes: locks that one node holds at a time
      semaphores: locks that so many nodes hold at a time
    Mutex
      database: kept in a database
      name: of the lock
      namespace: of the lock
    SemaphoreRef
      configMapKeyRef: the entry of a ConfigMap that says how many
      database: the limit, in a database
      namespace: of the lock
    Metrics
      prometheus: the metrics
    Prometheus
      counter: counts
      gauge: a value
      help: what it says
      histogram: a distribution
      labels: of the metric
      name: of the metric
      when: whether to emit it
    """

  private static let calls = """
    WorkflowStep
      arguments: what it hands to the template
      continueOn: endings that count as success for what follows
      hooks: templates that run when an expression becomes true, or when it has ended (exit)
      inline: a template without a name
      name: which tags and node names use
      onExit: the template that runs when it has ended
      template: what it calls
      templateRef: a template of a kept object
      when: whether it runs; asked for each item of a loop
      withItems: runs once for each element of the list
      withParam: runs once for each element of a JSON list
      withSequence: runs once for each number
    DAGTask
      arguments: what it hands to the template
      continueOn: endings that count as success for what follows
      dependencies: tasks that must have ended well
      depends: when it may run: names of tasks with .Succeeded, .Failed, ..., and && || ! ()
      hooks: templates that run when an expression becomes true, or when it has ended (exit)
      inline: a template without a name
      name: which tags and node names use
      onExit: the template that runs when it has ended
      template: what it calls
      templateRef: a template of a kept object
      when: whether it runs; asked for each item of a loop
      withItems: runs once for each element of the list
      withParam: runs once for each element of a JSON list
      withSequence: runs once for each number
    ContinueOn
      error: an Error counts as success
      failed: a Failed counts as success
    LifecycleHook
      arguments: what it hands to the template
      expression: when it runs; the exit hook needs none
      template: what it calls
      templateRef: a template of a kept object
    Sequence
      count: how many numbers
      end: the last number; below start it counts down
      format: printf format of a number, such as shard-%03d
      start: the first number, 0 by default
    TemplateRef
      clusterScope: a ClusterWorkflowTemplate is meant
      name: of the object
      template: of the template in it
    """

  private static let values = """
    Arguments
      artifacts: files and folders
      parameters: texts
    Inputs
      artifacts: files and folders, each put at its path
      parameters: texts, as {{inputs.parameters.NAME}}
    Outputs
      artifacts: files and folders that the step leaves
      exitCode: written by the engine
      parameters: texts, taken from files or from other steps
      result: standard output; written by the engine
    Parameter
      default: the value where none is given
      description: for people
      enum: the only values that a submission may give
      globalName: the name under which the whole workflow sees it
      name: as {{inputs.parameters.NAME}}, {{steps.STEP.outputs.parameters.NAME}}
      value: its value
      valueFrom: where its value comes from
    ValueFrom
      configMapKeyRef: an entry of a ConfigMap
      default: where there is none
      event: of the event that began the run
      expression: of an expression over steps, tasks and inputs
      jqFilter: of a resource
      jsonPath: of a resource
      parameter: of another step's output, as a tag
      path: the text of a file that the step wrote
      supplied: a person gives it while a suspend template waits
    Artifact
      archive: how it is packed: tar (default), zip or none
      archiveLogs: keep the log, too
      artifactGC: when it is removed
      artifactory: at an Artifactory
      azure: in Azure Blob Storage
      deleted: written by the engine
      from: another artifact, as a tag
      fromExpression: another artifact, as an expression
      gcs: in Google Cloud Storage
      git: a git repository
      globalName: the name under which the whole workflow sees it
      hdfs: in HDFS
      http: behind a URL
      mode: permission bits of an input
      name: as {{inputs.artifacts.NAME}}, {{steps.STEP.outputs.artifacts.NAME}}
      optional: it may be missing
      oss: in Alibaba's object storage
      path: where the step finds it, or leaves it
      plugin: kept by a plugin
      raw: a text, written here
      recurseMode: mode is for everything below a folder
      s3: in a bucket; a key alone lies in the default repository
      subPath: only this part of it
    ArchiveStrategy
      none: as it is; a folder becomes a folder of objects
      tar: a tar with gzip
      zip: a zip
    TarStrategy
      compressionLevel: 0 is no compression
    RawArtifact
      data: the text
    HTTPArtifact
      auth: who asks
      headers: of the request
      saveStreamViaFile: send with a known length
      url: where it lies
    S3Artifact
      accessKeySecret: a Secret's entry; AWS_ACCESS_KEY_ID without it
      addressingStyle: path or virtual-hosted-style
      bucket: the bucket; the repository's without it
      caSecret: the server's certificate authority
      createBucketIfNotPresent: make the bucket
      encryptionOptions: how the store encrypts
      endpoint: host and port; Amazon's without it
      insecure: without TLS
      key: the object, or what a folder's objects begin with
      region: us-east-1 by default
      roleARN: a role to take
      secretKeySecret: a Secret's entry; AWS_SECRET_ACCESS_KEY without it
      sessionTokenSecret: a Secret's entry, with temporary keys
      useSDKCreds: keys of the machine
    """

  private static let places = """
    VolumeMount
      mountPath: where the program sees it
      mountPropagation: for pods
      name: of the volume
      readOnly: it cannot be written to
      recursiveReadOnly: for pods
      subPath: only this part of it
      subPathExpr: only this part of it, with variables
    EnvVar
      name: of the variable
      value: its text
      valueFrom: where its text comes from
    EnvVarSource
      configMapKeyRef: an entry of a ConfigMap
      fieldRef: a field of the pod: metadata.name, metadata.namespace, ...
      fileKeyRef: for pods
      resourceFieldRef: for pods
      secretKeyRef: an entry of a Secret
    EnvFromSource
      configMapRef: the ConfigMap
      prefix: put before each name
      secretRef: the Secret
    """
}
