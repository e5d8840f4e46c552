"""机构: the city, its departments and how they change, its staff."""
