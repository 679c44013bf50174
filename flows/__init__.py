"""When and where: DVC's graph as Prefect flows. The only rooms that import prefect."""
